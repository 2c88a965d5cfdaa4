from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.scaling.audit.numerals import find_numbers, normalise


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.75 million GPU-days", 1.75e6),
        ("1.75M GPU-days", 1.75e6),
        ("1,082,880 hours", 1_082_880),
        ("1.082.880 hours", 1_082_880),
        ("1'082'880 hours", 1_082_880),
        ("1,75 million hours", 1.75e6),
        ("half a million hours", 5e5),
        ("one and a half million hours", 1.5e6),
        ("a quarter of a billion", 2.5e8),
        ("1½ million", 1.5e6),
        ("one hundred and seventy-five billion", 175e9),
        ("three hundred billion", 3e11),
        ("a million", 1e6),
        ("twenty-one days", 21),
        ("half a month", 0.5),
        ("a single GPU", 1),
        ("3.14e23 FLOP", 3.14e23),
        ("3.14×10²³", 3.14e23),
        ("3.14 x 10^23", 3.14e23),
        ("3.14*10**23", 3.14e23),
        ("10^25 FLOP", 1e25),
        ("10的25次方", 1e25),
        ("3.14乘以10的23次方", 3.14e23),
        ("175万个", 1.75e6),
        ("１７５万个", 1.75e6),
        ("175 萬", 1.75e6),
        ("一百七十五万", 1.75e6),
        ("一千七百五十亿参数", 1.75e11),
        ("1750亿", 1.75e11),
        ("十五万亿", 1.5e13),
        ("14.8万亿", 1.48e13),
        ("3百万", 3e6),
        ("两千张", 2000),
        ("1万2千张", 12000),
        ("三点一四", 3.14),
        ("半个月", 0.5),
        ("单张A", 1),
        ("175B-parameter", 175e9),
        ("300k hours", 3e5),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    (number,) = find_numbers(normalise(text))
    assert number.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "low", "high", "bound"),
    [
        ("over 3,000 GPUs", 3000, 6000, "over"),
        ("more than $100 million", 1e8, 2e8, "over"),
        ("3000多张", 3000, 6000, "over"),
        ("超过1亿", 1e8, 2e8, "over"),
        ("不到3000块", 1500, 3000, "under"),
        ("up to 4096 GPUs", 2048, 4096, "under"),
        ("nearly 1 million", 9e5, 1e6, "nearly"),
        ("近万张", 9e3, 1e4, "nearly"),
        ("about 30.84M", 3.084e7, 3.084e7, "about"),
        ("3 to 4 million", 3e6, 4e6, ""),
        ("3,000-4,000 GPUs", 3000, 4000, ""),
        ("between 3 and 4 million", 3e6, 4e6, ""),
        ("3到4万张", 3e4, 4e4, ""),
        ("1-2 trillion tokens", 1e12, 2e12, ""),
    ],
)
def test_ranges_and_bounds_stay_open(text: str, low: float, high: float, bound: str) -> None:
    (number,) = find_numbers(normalise(text))
    assert (number.low, number.high) == pytest.approx((low, high))
    assert number.bound == bound


@pytest.mark.parametrize("text", ["", "数百万张卡", "several GPUs", "at -5 degrees", "v2beta", "1e999"])
def test_what_is_no_amount_is_left_alone(text: str) -> None:
    assert find_numbers(normalise(text)) == []


def test_joined_words_are_not_ranges() -> None:
    assert [n.value for n in find_numbers("3 and 4 million")] == [3, 4e6]
    assert [n.value for n in find_numbers("8 to 3 GPUs")] == [8, 3]


@given(st.integers(1, 10**15))
def test_thousands_separators_change_nothing(number: int) -> None:
    (found,) = find_numbers(normalise(f"{number:,} GPUs"))
    assert found.value == number


@given(st.floats(1.0, 9999.0), st.sampled_from([("万", 1e4), ("亿", 1e8), ("百万", 1e6), ("万亿", 1e12)]))
def test_chinese_scales_multiply(number: float, scale: tuple[str, float]) -> None:
    (found,) = find_numbers(normalise(f"{number:.3f}{scale[0]}张"))
    assert found.value == pytest.approx(round(number, 3) * scale[1])


@given(st.text(max_size=60))
def test_any_text_is_read_or_left(text: str) -> None:
    clean = normalise(text)
    for number in find_numbers(clean):
        assert 0 <= number.start < number.end <= len(clean)
        assert number.low <= number.value <= number.high
