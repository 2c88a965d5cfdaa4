import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from armillary.models.quantization.packing import WORDS, n_packed, pack, unpack


@given(st.data(), st.sampled_from(sorted(WORDS)))
def test_any_codes_come_back(data, base):
    codes = data.draw(st.lists(st.integers(0, base - 1), max_size=70))
    given_codes = torch.tensor(codes, dtype=torch.uint8)
    packed = pack(given_codes, base)
    assert packed.dtype == torch.uint8
    assert len(packed) == n_packed(len(codes), base)
    assert unpack(packed, base, len(codes)).tolist() == codes


@pytest.mark.parametrize(
    ("base", "codes", "byte"),
    [
        (16, [3, 10], 3 + 16 * 10),
        (4, [1, 2, 3, 0], 1 + 4 * 2 + 16 * 3),
        (3, [2, 2, 2, 2, 2], 242),
        (2, [1, 0, 0, 0, 0, 0, 0, 1], 129),
        (256, [200], 200),
    ],
)
def test_the_first_code_is_the_lowest_digit(base, codes, byte):
    assert pack(torch.tensor(codes, dtype=torch.uint8), base).tolist() == [byte]


def test_eight_codes_of_three_bits_take_three_bytes():
    packed = pack(torch.tensor([1, 0, 0, 0, 0, 0, 0, 7], dtype=torch.uint8), 8)
    assert packed.tolist() == [1, 0, 7 << 5]


def test_bits_of_a_code():
    assert {base: word.bits for base, word in WORDS.items()} == {256: 8, 16: 4, 8: 3, 4: 2, 3: 1.6, 2: 1}


def test_too_few_bytes_are_refused():
    with pytest.raises(ValueError, match="10 codes take 5 bytes, got 4"):
        unpack(torch.zeros(4, dtype=torch.uint8), 16, 10)
