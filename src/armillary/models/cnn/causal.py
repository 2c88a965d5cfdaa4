"""A language model of causal, dilated, gated convolutions.

WaveNet (van den Oord et al. 2016) and ByteNet (Kalchbrenner et al. 2016) dilate causal convolutions, so
that what a layer sees doubles from one to the next; gated convolutional networks (Dauphin et al. 2017)
let one half of each layer's channels open and close the other.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.dropout import dropout
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Linear
from armillary.models.layers.norms import RMSNorm
from armillary.models.layers.token_loss import Wanted
from armillary.models.signature import Signature

CausalState = tuple[Tensor, ...]  # for each block what its convolution still needs of the past


def cycle_length(length: int, kernel_size: int) -> int:
    """Return how many blocks of dilation 1, k, k^2, ... see ``length`` tokens together."""
    return max(1, math.ceil(math.log(length, kernel_size) - 1e-9))


class CausalConvolution(nn.Module):
    """y_t = sum over j of W_j x_{t - j dilation}, for j = 0 ... kernel_size - 1; zero before the text.

    The taps lie side by side in memory, so that all of them are one matrix product.
    """

    def __init__(self, n_in: int, n_out: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.reach = (kernel_size - 1) * dilation  # how many past positions it needs
        self.taps = Linear(kernel_size * n_in, n_out)

    def forward(
        self, x: Float[Tensor, "batch seq n_in"], past: Float[Tensor, "batch reach n_in"] | None
    ) -> tuple[Float[Tensor, "batch seq n_out"], Float[Tensor, "batch reach n_in"]]:
        """Return (outputs, the ``past`` of the positions that follow)."""
        seq = x.shape[1]
        known = F.pad(x, (0, 0, self.reach, 0)) if past is None else torch.cat((past, x), 1)
        shifted = [known[:, j * self.dilation :][:, :seq] for j in range(self.kernel_size)]
        return self.taps(torch.cat(shifted, -1)), known[:, seq:]


class GatedBlock(nn.Module):
    """x + W (silu(gate) * value), where gate and value are a causal convolution of norm(x)."""

    def __init__(
        self, d_model: int, d_hidden: int, kernel_size: int, dilation: int, dropout: float, n_branches: int
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.norm = RMSNorm(d_model)
        self.convolution = CausalConvolution(d_model, 2 * d_hidden, kernel_size, dilation)
        self.out = Linear(d_hidden, d_model, n_branches=n_branches)

    def forward(
        self, x: Float[Tensor, "batch seq d_model"], past: Float[Tensor, "batch reach d_model"] | None
    ) -> tuple[Float[Tensor, "batch seq d_model"], Float[Tensor, "batch reach d_model"]]:
        both, past = self.convolution(self.norm(x), past)
        gate, value = both.chunk(2, -1)
        branch = self.out(F.silu(gate) * value)
        return x + dropout(branch, self.dropout, self.training), past


class CausalCNN(nn.Module):
    """Scores of the next token from those before it, as far as the dilated blocks reach.

    Dilations are 1, k, k^2, ... until a cycle of blocks covers the texts of training, then 1 again.
    """

    def __init__(
        self,
        signature: Signature,
        *,
        d_model: int,
        n_layers: int,
        d_hidden: int,
        kernel_size: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = TokenEmbedding(signature.vocab_size, d_model)
        cycle = cycle_length(signature.length, kernel_size)
        dilations = [kernel_size ** (i % cycle) for i in range(n_layers)]
        self.reaches = [(kernel_size - 1) * dilation for dilation in dilations]
        self.blocks = nn.ModuleList(
            GatedBlock(d_model, d_hidden, kernel_size, dilation, dropout, n_layers) for dilation in dilations
        )
        self.norm = RMSNorm(d_model)

    def initial_state(self, batch: int) -> CausalState:
        """Return the state before the first token, which makes calls remember what they read."""
        like = self.embedding.table.weight
        return tuple(like.new_zeros(batch, reach, like.shape[1]) for reach in self.reaches)

    def forward(
        self,
        tokens: Int[Tensor, "batch seq"],
        state: CausalState | None = None,
        wanted: Wanted | None = None,
    ) -> tuple[Float[Tensor, "batch seq vocab_size"] | Float[Tensor, ""], CausalState | None]:
        """Return (scores, or the loss of ``wanted``; state).

        Without a state the text starts here and nothing is remembered.
        """
        x = self.embedding(tokens)
        later = []
        for i, block in enumerate(self.blocks):
            x, past = block(x, None if state is None else state[i])
            later.append(past)
        return self.embedding.output(self.norm(x), wanted), None if state is None else tuple(later)
