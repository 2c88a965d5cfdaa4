"""What an image shall show, as vectors: from the tokens of a caption, or from the number of a class."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import padding_mask
from armillary.models.layers.block import BlockConfig
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import normal_
from armillary.models.layers.padding import mean_over_real, real_positions
from armillary.models.layers.positions import PositionKind
from armillary.models.transformer.stack import Stack

UNCAPTIONED = 0.1  # share of training images whose caption is left out, for guidance (Ho & Salimans 2022)


@dataclass(frozen=True)
class Conditioning:
    """One vector for the whole, and those of its tokens where there are any, with which are real."""

    vector: Float[Tensor, "batch d_condition"]
    tokens: Float[Tensor, "batch seq d_condition"] | None = None
    real: Bool[Tensor, "batch seq"] | None = None

    def joined(self, other: Conditioning) -> Conditioning:
        """Return the rows of both, of one kind and number of tokens, ``other``'s below."""
        return Conditioning(
            torch.cat((self.vector, other.vector)),
            _joined(self.tokens, other.tokens),
            _joined(self.real, other.real),
        )

    def mixed(self, other: Conditioning, weight: float) -> Conditioning:
        """Return what lies between two, ``weight`` of the way to ``other``, for interpolation.

        Tokens are mixed place by place; a place is real where one of the two has a token.
        """
        real = None if self.real is None or other.real is None else self.real | other.real
        tokens = None
        if self.tokens is not None and other.tokens is not None:
            tokens = self.tokens.lerp(other.tokens, weight)
        return Conditioning(self.vector.lerp(other.vector, weight), tokens, real)


class CaptionEncoder(nn.Module):
    """Token embeddings through a small Transformer encoder; the mean over real tokens stands for the whole.

    A caption is at least one token.  No caption is the mark alone (``without_captions``), which training
    puts in place of a share of captions (Ho & Salimans 2022).
    """

    def __init__(
        self, vocab_size: int, length: int, block: BlockConfig, positions: PositionKind = "rope"
    ) -> None:
        super().__init__()
        self.d_condition = block.d_model
        self.mark = vocab_size - 1
        self.embedding = TokenEmbedding(vocab_size, block.d_model)
        self.stack = Stack(block, positions, torch.arange(length)[:, None])

    def forward(
        self, tokens: Int[Tensor, "batch seq"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Conditioning:
        real = real_positions(lengths, tokens.shape[1])
        x = self.stack(self.embedding(tokens), padding_mask(real))
        if real is None:
            real = torch.ones_like(tokens, dtype=torch.bool)
        return Conditioning(mean_over_real(x, real), x, real)


class ClassEncoder(nn.Module):
    """A vector of length about sqrt(d) for each class, and one more, the last, for no class at all."""

    def __init__(self, n_classes: int, d_condition: int) -> None:
        super().__init__()
        self.d_condition = d_condition
        self.none = n_classes
        self.table = nn.Embedding(n_classes + 1, d_condition)
        normal_(self.table.weight, std=1.0)

    def forward(
        self,
        classes: Int[Tensor, " batch"],
        lengths: None = None,  # noqa: ARG002
    ) -> Conditioning:
        return Conditioning(self.table(classes))


def without_captions(
    tokens: Int[Tensor, "batch seq"],
    lengths: Int[Tensor, " batch"],
    chosen: Bool[Tensor, " batch"],
    mark: int,
) -> tuple[Int[Tensor, "batch seq"], Int[Tensor, " batch"]]:
    """Return tokens and lengths with the captions of the ``chosen`` rows made the ``mark`` alone."""
    tokens = tokens.clone()
    tokens[chosen, 0] = mark
    return tokens, lengths.masked_fill(chosen, 1)


def without_some(
    tokens: Int[Tensor, "batch seq"], lengths: Int[Tensor, " batch"], mark: int
) -> tuple[Int[Tensor, "batch seq"], Int[Tensor, " batch"]]:
    """Return tokens and lengths without the captions of rows that are drawn, ``UNCAPTIONED`` of them."""
    chosen = torch.rand(len(tokens), device=tokens.device) < UNCAPTIONED
    return without_captions(tokens, lengths, chosen, mark)


def nothing_like(wanted: Conditioning, encoder: CaptionEncoder) -> Conditioning:
    """Return what no caption asks for, with as many rows and places as ``wanted``."""
    assert wanted.real is not None
    captions = torch.full(wanted.real.shape, encoder.mark, device=wanted.vector.device)
    condition: Conditioning = encoder(captions, torch.ones_like(captions[:, 0]))
    return condition


def _joined(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    return None if a is None or b is None else torch.cat((a, b))
