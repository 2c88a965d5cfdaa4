"""Families that draw what a caption asks for: by flow matching, and by two networks against each other."""

from armillary.models.images.config import FlowCNNConfig, FlowTransformerConfig, GANConfig
from armillary.models.images.drawing import Drawing, DrawingModel

__all__ = ["Drawing", "DrawingModel", "FlowCNNConfig", "FlowTransformerConfig", "GANConfig"]
