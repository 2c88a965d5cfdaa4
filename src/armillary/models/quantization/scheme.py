"""Schemes: how many values a weight may have, and how many weights share a scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from armillary.core.config import Config
from armillary.core.errors import ConfigError

GROUP = 64  # weights that share a scale where levels are few
LEAST = 16  # levels that a table of tokens keeps

Name = Literal["int8", "int4", "int2", "ternary", "binary"]


@dataclass(frozen=True)
class Grid:
    """The values of a weight: ``n_levels`` of them, evenly apart."""

    n_levels: int
    symmetric: bool  # about 0; else a group has an offset beside its scale
    group: int | None  # weights in a row that share a scale; None: the whole row


# Three values are those of BitNet b1.58 (Ma et al. 2024), two those of XNOR-Net (Rastegari et al. 2016).
SCHEMES: Mapping[str, Grid] = MappingProxyType(
    {
        "int8": Grid(255, symmetric=True, group=None),
        "int4": Grid(16, symmetric=False, group=GROUP),
        "int2": Grid(4, symmetric=False, group=GROUP),
        "ternary": Grid(3, symmetric=True, group=GROUP),
        "binary": Grid(2, symmetric=True, group=GROUP),
    }
)


@dataclass(frozen=True, kw_only=True)
class Quantization(Config):
    """How the weights of a run were made small.

    Matrices are quantized row by row; vectors, and matrices too small to be worth their scales, are not.
    A table of tokens keeps 16 levels at least: a rare token has one row, and nothing makes up for its error.
    """

    scheme: Name = "int8"
    group: int | None = None  # weights that share a scale; None: the scheme's own
    tables: bool = True  # whether tables of tokens are quantized too

    def __post_init__(self) -> None:
        if self.group is not None and self.group < 2:
            raise ConfigError(f"quantization.group takes 2 or more, got {self.group}")

    def grid(self, *, table: bool = False) -> Grid:
        """Return the values of a matrix; ``table``: of tokens."""
        own = SCHEMES[self.scheme]
        if table and own.n_levels < LEAST:
            own = SCHEMES["int4"]
        return own if self.group is None else Grid(own.n_levels, own.symmetric, self.group)
