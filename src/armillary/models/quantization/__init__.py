"""Weights in few bits: which values there are, how they are packed into bytes, and back."""

from armillary.models.quantization.codes import pack, unpack
from armillary.models.quantization.scheme import SCHEMES, Quantization
from armillary.models.quantization.tensors import packed, unpacked

__all__ = ["SCHEMES", "Quantization", "pack", "packed", "unpack", "unpacked"]
