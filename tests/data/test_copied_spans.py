import random

from hypothesis import given
from hypothesis import strategies as st

from armillary.data.base import TextPair
from armillary.data.copied_spans import shared_spans, spans, varied

PAIR = TextPair(
    "Open https://foo.org/a-b/12 or mail me@x.org: port 8080, page 3, page 3.",
    "打开 https://foo.org/a-b/12 或发邮件至 me@x.org：端口 8080，第 3 页，第 3 页。",
)


def test_numbers_and_addresses_are_found_in_either_script():
    assert spans(PAIR.source) == ["https://foo.org/a-b/12", "me@x.org", "8080", "3", "3"]
    assert spans(PAIR.target) == spans(PAIR.source)
    assert spans("1,234.5 am 2026-11-22 um 12:30 auf www.x.de/y.") == [
        "1,234.5",
        "2026-11-22",
        "12:30",
        "www.x.de/y",
    ]


def test_what_stands_on_one_side_alone_or_not_as_often_is_not_shared():
    pair = TextPair("2 files in 3 folders, 2 lost", "三个文件夹中的 2 个文件")
    assert shared_spans(pair) == []


@given(st.integers(0, 10_000))
def test_both_sides_get_the_same_new_spans_and_nothing_else_changes(seed):
    new = varied(PAIR, random.Random(seed))
    assert spans(new.source) == spans(new.target)
    assert [("@" in span, "//" in span) for span in spans(new.source)[:5]] == [
        ("@" in span, "//" in span) for span in spans(PAIR.source)
    ]
    words = new.source
    for span in sorted(spans(new.source), key=len, reverse=True):
        words = words.replace(span, "#", 1)
    assert words.removesuffix(" #") == "Open # or mail #: port #, page #, page #."


def test_the_same_dice_give_the_same_pair_and_others_another():
    assert varied(PAIR, random.Random(1)) == varied(PAIR, random.Random(1))
    assert len({varied(PAIR, random.Random(seed)).source for seed in range(50)}) == 50


def test_some_pairs_get_an_address_at_their_end():
    plain = TextPair("No number here", "Keine Zahl hier")
    new = [varied(plain, random.Random(seed)) for seed in range(300)]
    appended = [pair for pair in new if pair != plain]
    assert 0.2 < len(appended) / 300 < 0.4
    assert all(
        pair.source.removeprefix("No number here") == pair.target.removeprefix("Keine Zahl hier")
        for pair in appended
    )
