"""Muon (Jordan et al. 2024): steps of matrices that move all of their directions by the same amount.

The momentum M of a matrix (out, in) is replaced by the nearest semi-orthogonal matrix, U V^T of its singular
value decomposition, so that directions whose gradients are rarely large are learnt as fast as the others:

    M <- mu M + (1 - mu) G
    W <- W - lr (0.2 sqrt(max(out, in)) orthogonal((1 - mu) G + mu M) + decay W)

0.2 sqrt(max(out, in)) gives a step the root mean square that steps of AdamW have, so that one learning rate
serves both (Liu et al. 2025, arXiv:2502.16982).  What is no matrix, and tables of embeddings, are AdamW's.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Jordan et al.: steepest at zero, and 1 held within 0.3
ITERATIONS = 5
MARK = "orthogonal"  # the key of a group that is not AdamW's
MOMENTUM = 0.95
RMS = 0.2  # root mean square of AdamW's steps


class Muon(torch.optim.AdamW):
    """AdamW, but for groups with ``MARK: True``, whose parameters are matrices."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move the parameters against their gradients; those of matrices are used up."""
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"] if group.get(MARK) else ():
                if parameter.grad is not None:
                    self._move(parameter, group["lr"], group["weight_decay"])
        super().step()
        return None

    def _move(self, matrix: Tensor, lr: float, decay: float) -> None:
        direction = orthogonal(self._direction(matrix))
        matrix.mul_(1 - lr * decay).add_(direction, alpha=-lr * RMS * max(matrix.shape) ** 0.5)
        matrix.grad = None  # AdamW leaves alone what has no gradient

    def _direction(self, parameter: Tensor) -> Tensor:
        """Return the momentum of ``parameter``, looked at one step ahead (Nesterov 1983)."""
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())  # AdamW looks for it in what is loaded
            state["momentum"] = torch.zeros_like(parameter)
        assert parameter.grad is not None
        mean: Tensor = state["momentum"].lerp_(parameter.grad, 1 - MOMENTUM)
        return parameter.grad.lerp(mean, MOMENTUM)


def orthogonal(matrix: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns"]:
    """Return about the nearest semi-orthogonal matrix: every singular value is moved near 1, up to 0.3 off.

    X <- a X + (b X X^T + c (X X^T)^2) X, from X of norm 1 (a quintic Newton-Schulz iteration).
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    X = matrix.mT if tall else matrix
    X = X / X.norm().clamp_min(1e-7)
    for _ in range(ITERATIONS):
        A = X @ X.mT
        X = torch.addmm(X, torch.addmm(A, A, A, beta=b, alpha=c), X, beta=a)
    return X.mT if tall else X
