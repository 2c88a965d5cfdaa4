"""The idx format of MNIST and its kin: big-endian sizes, then bytes (LeCun, Cortes & Burges 1998)."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from armillary.core.errors import DataError
from armillary.data.decoding import read_bytes

UNSIGNED_BYTES = 0x08


def read_idx(path: Path, n_axes: int) -> UInt8[np.ndarray, ...]:
    """Return the array in an idx file, gzipped or not.

    Raises DataError, naming the file, when it is damaged, cut short, or not bytes along ``n_axes`` axes.
    """
    data = read_bytes(path)
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise DataError(f"{path} is damaged: {error}") from error
    magic = bytes([0, 0, UNSIGNED_BYTES, n_axes])
    if data[:4] != magic:
        raise DataError(
            f"{path} begins with {data[:4].hex()}, and an idx file of this kind with {magic.hex()}"
        )
    start = 4 + 4 * n_axes
    shape = [int.from_bytes(data[at : at + 4]) for at in range(4, start, 4)]
    promised = start + math.prod(shape)
    if len(data) != promised:
        raise DataError(f"{path} holds {len(data)} bytes, and its header promises {promised}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
