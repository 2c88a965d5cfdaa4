"""Training with rounded weights: the loss sees what a file would hold, the optimizer moves what is rounded.

The gradient at the rounded weights is applied to the unrounded ones as if rounding were the identity: the
straight-through estimator of Bengio et al. 2013 (arXiv:1308.3432), with weights exchanged around forward and
backward pass as in BinaryConnect (Courbariaux et al. 2015, arXiv:1511.00363).  Scales are found anew in each
step from the unrounded weights, so there is nothing to learn, save or resume but these.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from armillary.models.quantization.scheme import Quantization
from armillary.models.quantization.weights import grids, rounded_weight


class FakeQuantization:
    """Lets a module have rounded weights for a while, tied ones and those of fused kernels too."""

    def __init__(self, module: nn.Module, scheme: Quantization) -> None:
        parameters = dict(module.named_parameters())
        self._rounded = [(parameters[name].data, grid) for name, grid in grids(module, scheme).items()]

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Round the weights inside the block; they are as they were, bit for bit, after it."""
        own = [weight.clone() for weight, _ in self._rounded]
        with torch.no_grad():
            for weight, grid in self._rounded:
                weight.copy_(rounded_weight(weight, grid))
        try:
            yield
        finally:
            torch._foreach_copy_([weight for weight, _ in self._rounded], own)
