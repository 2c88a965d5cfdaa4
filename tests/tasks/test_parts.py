import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.tasks.parts import joined, parts


def shorter_than(n):
    return lambda text: len(text) <= n


def test_what_fits_stays_whole():
    assert parts("One. Two.", shorter_than(20)) == ["One. Two."]


@pytest.mark.parametrize(
    ("text", "n", "expected"),
    [
        ("One two. Three four. Five.", 12, ["One two.", "Three four.", "Five."]),
        ("第一句话。第二句话！第三句？", 6, ["第一句话。", "第二句话！", "第三句？"]),
        ("a long clause, then another one", 16, ["a long clause,", "then another one"]),
        ("no stops in this one at all", 12, ["no stops in", "this one at", "all"]),
        ("abcdefghij", 4, ["ab", "cde", "fg", "hij"]),
    ],
)
def test_it_is_cut_where_the_text_pauses_first(text, n, expected):
    assert parts(text, shorter_than(n)) == expected


@given(st.text(max_size=200), st.integers(1, 30))
def test_every_part_fits_and_nothing_but_space_is_lost(text, n):
    pieces = parts(text, shorter_than(n))
    assert all(len(piece) <= n for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_parts_are_joined_as_their_script_asks():
    assert joined(["One.", "", "Two."]) == "One. Two."
    assert joined(["第一句。", "第二句。"]) == "第一句。第二句。"
    assert joined(["版本", "2 已", "out"]) == "版本2 已out"
