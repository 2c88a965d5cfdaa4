"""Convolutional networks: residual for images, filters of several widths for texts, causal for writing."""

from armillary.models.cnn.classic import ClassicCNNConfig
from armillary.models.cnn.config import CNNConfig

__all__ = ["CNNConfig", "ClassicCNNConfig"]
