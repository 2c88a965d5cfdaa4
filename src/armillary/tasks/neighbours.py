"""Nearest neighbours among rows of features: all distances, exactly, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from armillary.core.errors import DataError

AT_A_TIME = 2**22  # distances held in memory


def neighbour_radii(rows: Float[np.ndarray, "samples features"], k: int) -> Float[np.ndarray, " samples"]:
    """Return each row's distance to the k-th nearest of the others.  DataError for k rows or fewer."""
    if len(rows) <= k:
        raise DataError(f"the {k}-th neighbour of a sample takes more than {k} samples, got {len(rows)}")
    # The nearest of all is the row itself, or a row equal to it.
    return np.concatenate([np.partition(block, k, axis=1)[:, k] for block in distance_blocks(rows, rows)])


def surrounded(
    points: Float[np.ndarray, "points features"],
    centres: Float[np.ndarray, "centres features"],
    radii: Float[np.ndarray, " centres"],
) -> Float[np.ndarray, " points"]:
    """Return for each point how many of the balls about ``centres`` it lies in."""
    return np.concatenate(
        [(block <= radii).sum(axis=1).astype(float) for block in distance_blocks(points, centres)]
    )


def nearest(
    points: Float[np.ndarray, "points features"], among: Float[np.ndarray, "others features"]
) -> tuple[Float[np.ndarray, " points"], Int[np.ndarray, " points"]]:
    """Return each point's distance to the nearest row of ``among``, and which row that is."""
    blocks = [(block.min(axis=1), block.argmin(axis=1)) for block in distance_blocks(points, among)]
    distances, places = zip(*blocks, strict=True)
    return np.concatenate(distances), np.concatenate(places)


def distance_blocks(
    points: Float[np.ndarray, "points features"], others: Float[np.ndarray, "others features"]
) -> Iterator[Float[np.ndarray, "block others"]]:
    """Yield the Euclidean distances of some points at a time to all ``others``.

    They come from one product of matrices, |x|^2 + |y|^2 - 2 x y, in double precision and about the mean
    of the others, where the least is lost to rounding.  DataError when a set is empty.
    """
    if not len(points) or not len(others):
        raise DataError(f"distances take samples on both sides, got {len(points)} and {len(others)}")
    centre = others.mean(axis=0, dtype=np.float64)
    centred = others - centre
    squares = (centred**2).sum(axis=1)
    step = max(1, AT_A_TIME // len(others))
    for start in range(0, len(points), step):
        block = points[start : start + step] - centre
        squared = (block**2).sum(axis=1)[:, None] + squares - 2 * block @ centred.T
        yield np.sqrt(squared.clip(min=0))
