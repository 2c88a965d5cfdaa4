"""Small numbers in as few bytes as they need: digits of one base, several to a word of whole bytes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import UInt8
from torch import Tensor


@dataclass(frozen=True)
class Word:
    """``n_digits`` digits below ``base``, the first the lowest, in ``n_bytes`` bytes, the lowest first."""

    base: int
    n_digits: int
    n_bytes: int

    @property
    def bits(self) -> float:
        """Bits that a digit takes."""
        return 8 * self.n_bytes / self.n_digits


# The largest word of each base that wastes little: 3^5 = 243 of 256, the others nothing.
WORDS = {
    word.base: word
    for word in (Word(256, 1, 1), Word(16, 2, 1), Word(8, 8, 3), Word(4, 4, 1), Word(3, 5, 1), Word(2, 8, 1))
}


def n_packed(n_codes: int, base: int) -> int:
    """Return how many bytes ``pack`` makes of ``n_codes`` codes."""
    word = WORDS[base]
    return -(-n_codes // word.n_digits) * word.n_bytes


def pack(codes: UInt8[Tensor, "*shape"], base: int) -> UInt8[Tensor, " n_bytes"]:
    """Return ``codes``, each below ``base`` (one of ``WORDS``), in their order; zeros fill the last word."""
    word = WORDS[base]
    flat = codes.flatten()
    missing = -len(flat) % word.n_digits
    digits = torch.nn.functional.pad(flat, (0, missing)).view(-1, word.n_digits).int()
    words = (digits * _powers(base, word.n_digits, codes.device)).sum(1, keepdim=True)
    return (words // _powers(256, word.n_bytes, codes.device) % 256).to(torch.uint8).flatten()


def unpack(packed: UInt8[Tensor, " n_bytes"], base: int, n_codes: int) -> UInt8[Tensor, " n_codes"]:
    """Return the first ``n_codes`` codes of what ``pack`` made; ValueError when there are not that many."""
    if len(packed) != n_packed(n_codes, base):
        raise ValueError(f"{n_codes} codes take {n_packed(n_codes, base)} bytes, got {len(packed)}")
    word = WORDS[base]
    bytes_ = packed.view(-1, word.n_bytes).int()
    words = (bytes_ * _powers(256, word.n_bytes, packed.device)).sum(1, keepdim=True)
    digits = words // _powers(base, word.n_digits, packed.device) % base
    return digits.to(torch.uint8).flatten()[:n_codes]


def _powers(base: int, n: int, device: torch.device) -> Tensor:
    return torch.tensor([base**i for i in range(n)], dtype=torch.int32, device=device)
