"""Small whole numbers packed into bytes.

Codes below ``n_levels`` are the digits of a number in that base, as many as a byte holds: 2 codes of 16
levels, 4 of 4, 8 of 2, and 5 of 3, for 3^5 = 243.  So three values take 1.6 bits and not 2.
"""

from __future__ import annotations

import torch
from jaxtyping import Int, UInt8
from torch import Tensor


def codes_a_byte(n_levels: int) -> int:
    """Return how many codes below ``n_levels`` a byte holds."""
    count = 1
    while n_levels ** (count + 1) <= 256:
        count += 1
    return count


def pack(codes: Int[Tensor, "rows n"], n_levels: int) -> UInt8[Tensor, "rows bytes"]:
    """Return each row of ``codes`` packed; the last byte is filled up with zeros."""
    count = codes_a_byte(n_levels)
    rows, n = codes.shape
    filled = torch.zeros(rows, -(-n // count) * count, dtype=torch.long)
    filled[:, :n] = codes
    return (filled.view(rows, -1, count) * _worth(n_levels)).sum(2).to(torch.uint8)


def unpack(packed: UInt8[Tensor, "rows bytes"], n_levels: int, n: int) -> Int[Tensor, "rows n"]:
    """Return the ``n`` codes of each row."""
    digits = packed.long()[:, :, None] // _worth(n_levels) % n_levels
    return digits.flatten(1)[:, :n]


def _worth(n_levels: int) -> Int[Tensor, " digits"]:
    """Return what each digit of a byte is worth."""
    return n_levels ** torch.arange(codes_a_byte(n_levels))
