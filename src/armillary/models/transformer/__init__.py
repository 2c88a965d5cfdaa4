"""Transformers: one writes, one reads, one reads and then writes, and one looks at images."""

from armillary.models.transformer.classic import ClassicTransformerConfig
from armillary.models.transformer.config import TransformerConfig

__all__ = ["ClassicTransformerConfig", "TransformerConfig"]
