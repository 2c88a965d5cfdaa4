"""Transformers: a decoder that writes, an encoder that reads, and one that looks at images."""

from armillary.models.transformer.config import TransformerConfig

__all__ = ["TransformerConfig"]
