import gzip

import numpy as np
import pytest

from armillary.core.errors import DataError
from armillary.data.idx import read_idx


def idx(array):
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


ARRAY = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)


@pytest.mark.parametrize(("name", "packed"), [("a.gz", gzip.compress), ("a", bytes)])
def test_an_array_is_read_gzipped_or_not(tmp_path, name, packed):
    (tmp_path / name).write_bytes(packed(idx(ARRAY)))
    assert np.array_equal(read_idx(tmp_path / name, 3), ARRAY)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a", idx(ARRAY)[:-1], r"holds 39 bytes, and its header promises 40"),
        ("a", idx(ARRAY) + b"x", r"holds 41 bytes, and its header promises 40"),
        ("a", idx(ARRAY)[:5], "promises"),
        ("a", idx(ARRAY.reshape(12, 2)), "begins with 00000802, and an idx file of this kind with 00000803"),
        ("a", b"", "begins with , and"),
        ("a.gz", gzip.compress(idx(ARRAY), mtime=0)[:-12], r"a\.gz is damaged"),
        ("a.gz", b"no gzip", r"a\.gz is damaged"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_idx(tmp_path / name, 3)
