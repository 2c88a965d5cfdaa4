"""From token ids to vectors and, with the same table, from vectors to scores of the next token."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.initial import normal_
from armillary.models.layers.product import linear
from armillary.models.layers.token_loss import Wanted


class TokenEmbedding(nn.Module):
    """A table of one vector per token, tied to the output (Press & Wolf 2017).

    What enters is multiplied by a constant, as in Vaswani et al. 2017 (section 3.4), so that one table
    serves both ends: entries enter with variance 1, while its rows, of length 2 / sqrt(d_model), give a
    normalized vector no score beyond 2.  The first loss is therefore about ln(vocab_size).

    ``scale`` is another such constant, where a model has to be exactly one that others build: Vaswani et
    al. have sqrt(d_model), at which first scores have variance 1.
    """

    def __init__(self, vocab_size: int, d_model: int, scale: float | None = None) -> None:
        super().__init__()
        self.scale = d_model / 2 if scale is None else scale
        self.table = nn.Embedding(vocab_size, d_model)
        normal_(self.table.weight, std=1 / self.scale)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        vectors: Tensor = self.table(tokens)
        return vectors * self.scale

    def logits(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq vocab_size"]:
        """Return the scores of each token to come next."""
        return linear(x, self.table.weight)

    def output(
        self, x: Float[Tensor, "batch seq d_model"], wanted: Wanted | None
    ) -> Float[Tensor, "batch seq vocab_size"] | Float[Tensor, ""]:
        """Return ``logits`` or, where tokens are wanted, their loss."""
        return self.logits(x) if wanted is None else wanted.loss_of(x, self.table.weight)
