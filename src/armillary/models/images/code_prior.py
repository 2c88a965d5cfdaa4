"""Drawing an image as a text is written: code by code, row by row, after its caption.

As DALL-E does (Ramesh et al. 2021): an autoencoder makes images short texts of codes (``codes``), and a
causal Transformer learns which code follows those before and the caption.  The caption is encoded on its
own, as in Parti (Yu et al. 2022): its vector stands in front of the codes, and cross-attention sees its
tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.generation.choice import asking
from armillary.models.generation.continuation import Sampling, choose
from armillary.models.images.conditioning import Conditioning
from armillary.models.layers.attention import Memory, padding_mask
from armillary.models.layers.block import BlockConfig, TransformerBlock
from armillary.models.layers.cache import KeyValueCache
from armillary.models.layers.dropout import dropout
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Linear, normal_
from armillary.models.layers.norms import make_norm
from armillary.models.layers.positions import grid
from armillary.models.layers.token_loss import Wanted

Codes = Int[Tensor, "batch cells"]
NextCodes = Int[Tensor, " batch"]  # one for each image
Scores = Float[Tensor, "batch n_codes"]


@dataclass
class Begun:
    """Images begun: how many codes were read, and what each block keeps of them and of the captions."""

    n_read: int
    caches: list[KeyValueCache]
    memories: list[Memory]


class GridPositions(nn.Module):
    """A free vector for each row and one for each column of a grid, added (Ramesh et al. 2021, section 2.2).

    Each has half the variance of a free vector for each place (``layers.positions.Learnt``).
    """

    coordinates: Tensor

    def __init__(self, rows: int, columns: int, d_model: int) -> None:
        super().__init__()
        self.rows, self.columns = nn.Embedding(rows, d_model), nn.Embedding(columns, d_model)
        for table in (self.rows, self.columns):
            normal_(table.weight, std=0.5 * 2**-0.5)
        self.register_buffer("coordinates", grid(rows, columns), persistent=False)

    def forward(self, start: int, n: int) -> Float[Tensor, "n d_model"]:
        """Return the vectors of cells ``start`` to ``start + n``, counted row by row."""
        row, column = self.coordinates[start : start + n].unbind(1)
        placed: Tensor = self.rows(row) + self.columns(column)
        return placed


class CodePrior(nn.Module):
    """Scores of the next code of an image, from those before it and what the image shall show.

    What is read at a place is the code before, at the first the caption; its position is that of the cell
    that is to be drawn there.
    """

    def __init__(
        self, n_codes: int, rows: int, columns: int, *, d_condition: int, block: BlockConfig
    ) -> None:
        """``block`` is the shape of all blocks; it is made causal and given cross-attention."""
        super().__init__()
        block = block.replace(causal=True, cross=True)
        self.n_cells, self.dropout = rows * columns, block.dropout
        self.embedding = TokenEmbedding(n_codes, block.d_model)
        self.positions = GridPositions(rows, columns, block.d_model)
        self.prefix = Linear(d_condition, block.d_model, bias=True)
        self.to_memory = Linear(d_condition, block.d_model)
        self.blocks = nn.ModuleList(TransformerBlock(block) for _ in range(block.n_layers))
        self.norm = make_norm(block.norm, block.d_model) if block.norm_first else nn.Identity()

    def forward(self, codes: Codes, condition: Conditioning) -> Float[Tensor, "batch cells n_codes"]:
        """Return the scores of each code given those before it; the last of ``codes`` is not looked at."""
        return self.embedding.logits(self._features(codes, condition))

    def loss(self, codes: Codes, condition: Conditioning) -> Float[Tensor, ""]:
        """Return the mean of -log p(code) in nats, without holding all scores."""
        return self.embedding.output(self._features(codes, condition), Wanted(codes))

    def begin(self, condition: Conditioning) -> tuple[Scores, Begun]:
        """Return (scores of the first code, what ``go_on`` takes)."""
        drawing = Begun(0, [KeyValueCache() for _ in self.blocks], self._memories(condition))
        return self._next(self.prefix(condition.vector)[:, None], drawing), drawing

    def go_on(self, codes: Int[Tensor, " batch"], drawing: Begun) -> Scores:
        """Return the scores of the code after ``codes``, the last ones; ``drawing`` is extended in place."""
        return self._next(self.embedding(codes[:, None]), drawing)

    def draw(
        self,
        wanted: Conditioning,
        nothing: Conditioning,
        generators: Sequence[torch.Generator],
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        guidance: float = 1.0,
    ) -> Codes:
        """Return codes of an image for each row of ``wanted``, each drawn with a generator of its own.

        ``nothing`` is the condition of no caption, of the same shape.  With z the scores of a code,

            z = z(nothing) + guidance (z(wanted) - z(nothing))

        Classifier-free guidance (Ho & Salimans 2022, eq. 6, whose w is guidance - 1); at 1 it is the plain
        model and costs half.  The scores are then divided by ``temperature`` (0: the likeliest code), and
        one of the ``top_k`` likeliest codes is drawn.  Raises ConfigError for a value that neither can take.
        """
        sampling = Sampling(temperature=temperature, top_k=top_k)
        sides, condition = (1, wanted) if guidance == 1 else (2, nothing.joined(wanted))
        with asking(self):
            scores, drawing = self.begin(condition)
            drawn = [_chosen(_guided(scores, guidance), sampling, generators)]
            while len(drawn) < self.n_cells:
                scores = self.go_on(drawn[-1].repeat(sides), drawing)
                drawn.append(_chosen(_guided(scores, guidance), sampling, generators))
        return torch.stack(drawn, 1)

    def _features(self, codes: Codes, condition: Conditioning) -> Float[Tensor, "batch cells d_model"]:
        before = self.embedding(codes[:, :-1])
        x = torch.cat((self.prefix(condition.vector)[:, None], before), 1)
        return self._through(x + self.positions(0, x.shape[1]), self._memories(condition))

    def _next(self, x: Float[Tensor, "batch 1 d_model"], drawing: Begun) -> Scores:
        """Return the scores after one more vector is read."""
        x = x + self.positions(drawing.n_read, 1)
        drawing.n_read += 1
        return self.embedding.logits(self._through(x, drawing.memories, drawing.caches))[:, 0]

    def _through(
        self, x: Tensor, memories: list[Memory], caches: list[KeyValueCache] | None = None
    ) -> Tensor:
        x = dropout(x, self.dropout, self.training)
        for i, block in enumerate(self.blocks):
            x = block(x, cache=caches[i] if caches else None, memory=memories[i])
        out: Tensor = self.norm(x)
        return out

    def _memories(self, condition: Conditioning) -> list[Memory]:
        """Return what each block sees of the caption's tokens; of a class, which has none, its vector."""
        tokens = condition.vector[:, None] if condition.tokens is None else condition.tokens
        sources, mask = self.to_memory(tokens), padding_mask(condition.real)
        return [cast("TransformerBlock", block).cross_attention.read(sources, mask) for block in self.blocks]


def _chosen(scores: Scores, sampling: Sampling, generators: Sequence[torch.Generator]) -> NextCodes:
    rows = [choose(row[None], sampling, own) for row, own in zip(scores, generators, strict=True)]
    return torch.cat(rows)


def _guided(scores: Float[Tensor, "rows n_codes"], guidance: float) -> Scores:
    """Return the scores to draw from; guided ones have those towards nothing in their first half."""
    if guidance == 1:
        return scores
    nothing, wanted = scores.chunk(2)
    return torch.lerp(nothing, wanted, guidance)
