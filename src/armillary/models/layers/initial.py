"""Fresh weights.

A linear map starts with variance 1 / fan-in, so that it keeps the variance of what passes through it
(LeCun et al. 1998).  A map that ends a residual branch is divided by sqrt(number of branches), so that
the sum over all branches keeps it too (GPT-2: Radford et al. 2019, section 2.3).
"""

from __future__ import annotations

from torch import Tensor, nn

from armillary.models.layers.product import linear


def normal_(weight: Tensor, std: float) -> None:
    """Draw ``weight`` from N(0, std^2); on the meta device there are no numbers to draw."""
    if not weight.is_meta:
        nn.init.normal_(weight, std=std)


class Linear(nn.Linear):
    """A linear map whose fresh weights have variance 1 / (n_in n_branches), and no bias by default.

    ``n_branches`` is the number of residual branches in the model where the map ends one, else 1.
    """

    def __init__(self, n_in: int, n_out: int, *, bias: bool = False, n_branches: int = 1) -> None:
        self.fresh_std = (n_in * n_branches) ** -0.5
        super().__init__(n_in, n_out, bias=bias)

    def reset_parameters(self) -> None:
        normal_(self.weight, self.fresh_std)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


class Readout(Linear):
    """The map from normalized features to scores, with a bias and fresh weights of variance 1 / n_in^2.

    Scores start near zero whatever the width, so that the first loss is about ln(n_out) (the output
    layer of Yang et al. 2022, "Tensor Programs V").
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in, n_out, bias=True, n_branches=n_in)


def he_normal_(weight: Tensor) -> None:
    """Draw filters (out, in, ...) from N(0, 2 / fan-in), for a ReLU behind them (He et al. 2015)."""
    normal_(weight, (2 / weight[0].numel()) ** 0.5)
