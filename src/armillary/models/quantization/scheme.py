"""How the weights of a model are rounded: to how many levels, with which scales, and which of them not."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Literal, get_args

from armillary.core.config import Config
from armillary.core.errors import ConfigError

Bits = Literal["8", "4", "3", "2", "ternary", "binary"]

BITS: tuple[Bits, ...] = get_args(Bits)
LEVELS: dict[Bits, int] = {"8": 256, "4": 16, "3": 8, "2": 4, "ternary": 3, "binary": 2}
WHOLE_ROW = 0


@dataclass(frozen=True, kw_only=True)
class Quantization(Config):
    """Weights as a few levels and a scale for each group of them; activations stay as they are.

    A group is a part of a row, that is of the weights of one output.  ``ternary`` has the levels -s, 0, s
    (Ma et al. 2024, BitNet b1.58, arXiv:2402.17764), ``binary`` -s and s (Rastegari et al. 2016, XNOR-Net,
    arXiv:1603.05279), the others 2^bits equally spaced ones.
    """

    bits: Bits = "8"
    group_size: int | None = (
        None  # most weights that share a scale; 0: whole rows; None: 0 for 8 bits, else 64
    )
    symmetric: bool = True  # levels on both sides of zero alike; else from the least weight to the largest
    search: bool = True  # take the scale of least squared error; else the one without clipping, or the mean's
    table_bits: Bits = "4"  # of tables and the map to scores, where ``bits`` has fewer levels
    keep: tuple[str, ...] = ()  # tensors that stay float32, by names or patterns such as "*.head.weight"
    smallest: int = 512  # tensors of fewer weights stay float32
    aware: bool = True  # the loss of training sees rounded weights; else they are rounded after the last step

    def __post_init__(self) -> None:
        if self.group_size is not None and self.group_size < 0:
            raise ConfigError(f"quantization.group_size is 0 (whole rows) or more, got {self.group_size}")
        if self.smallest < 0:
            raise ConfigError(f"quantization.smallest is 0 or more, got {self.smallest}")
        if not self.symmetric and self.bits in ("ternary", "binary"):
            raise ConfigError(f"quantization.symmetric is true with bits={self.bits}, whose levels are so")

    @property
    def label(self) -> str:
        """The scheme's name in tables and paths: "8bit", "ternary", ..."""
        return self.bits if self.bits in ("ternary", "binary") else f"{self.bits}bit"

    def grid(self, least: Bits = "binary") -> Grid:
        """Return how a matrix is rounded whose levels are at least those of ``least``."""
        bits = max(self.bits, least, key=LEVELS.__getitem__)
        size = self.group_size
        if size is None:
            size = WHOLE_ROW if bits == "8" else GROUP
        return Grid(bits, size, self.symmetric or bits in ("ternary", "binary"), self.search)

    def keeps(self, name: str) -> bool:
        """Return whether the tensor called ``name`` is to stay as it is."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.keep)


GROUP = 64  # weights that share a scale below 8 bits: a quarter of a bit each


@dataclass(frozen=True)
class Grid:
    """How one tensor is rounded; see ``Quantization``."""

    bits: Bits
    group_size: int
    symmetric: bool = True
    search: bool = True

    @property
    def levels(self) -> int:
        return LEVELS[self.bits]

    @property
    def zero(self) -> float:
        """Where 0 lies among the codes of symmetric levels.

        From 3 bits on it is a level of its own, and the levels below it are one more than those above, as
        in two's complement.  2 bits would be three levels and a half then; theirs are -1.5, -0.5, 0.5, 1.5.
        """
        return {"ternary": 1.0, "binary": 0.5, "2": 1.5}.get(self.bits, self.levels / 2)
