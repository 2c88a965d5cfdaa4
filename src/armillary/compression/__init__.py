"""From a finished run to a smaller one, and what that cost."""

from armillary.compression.cost import Cost, Reference
from armillary.compression.quantize import quantize
from armillary.compression.target import Target, smallest

__all__ = ["Cost", "Reference", "Target", "quantize", "smallest"]
