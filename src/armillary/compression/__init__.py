"""A run made into a smaller one, and what that cost."""

from armillary.compression.quantize import Small, quantize
from armillary.compression.target import Target, smallest

__all__ = ["Small", "Target", "quantize", "smallest"]
