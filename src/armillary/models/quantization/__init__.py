"""Weights in few bits: schemes, rounding, packing, and training with rounded weights."""

from armillary.models.quantization.scheme import BITS, Bits, Grid, Quantization
from armillary.models.quantization.training import FakeQuantization
from armillary.models.quantization.weights import grids, packed, unpacked

__all__ = ["BITS", "Bits", "FakeQuantization", "Grid", "Quantization", "grids", "packed", "unpacked"]
