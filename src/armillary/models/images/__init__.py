"""Families that draw what a caption asks for: by flow matching, code by code, by two networks at odds."""

from armillary.models.images.config import (
    AutoregressiveConfig,
    FlowCNNConfig,
    FlowTransformerConfig,
    GANConfig,
)
from armillary.models.images.drawing import Drawing, DrawingModel

__all__ = [
    "AutoregressiveConfig",
    "Drawing",
    "DrawingModel",
    "FlowCNNConfig",
    "FlowTransformerConfig",
    "GANConfig",
]
