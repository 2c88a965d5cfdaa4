import re
import warnings
from xml.etree import ElementTree

import matplotlib

from armillary.reports.svg import INK, drawing, new_figure, series_ink, to_svg


def picture(name="one", alt="what it shows", title="title"):
    with drawing():
        figure = new_figure(300, 200)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.set_title(title, color=INK["muted"])
        axes.plot([0, 1], [0, 1], color=series_ink(1))
        axes.plot([0.5], [0.5], marker="o", color=series_ink(0), gid="point")
        axes.fill_between([0, 1], [0, 0], [1, 1], color=INK["rule"], alpha=0.5)
    return str(to_svg(figure, name, alt, {"point": "a <tip>"}))


def test_colours_are_variables_of_the_page():
    svg = picture()
    assert "var(--series-1)" in svg
    assert "var(--series-2)" in svg
    assert "var(--muted)" in svg
    assert "#0101" not in svg


def test_text_is_text_in_the_fonts_of_the_page():
    svg = picture(title="损失 $x$")
    assert ">损失 $x$</text>" in svg
    assert "font-family" not in svg
    assert "<style" not in svg


def test_it_parses_says_what_it_shows_and_scales():
    root = ElementTree.fromstring(picture(alt='5 < 6 & "so"'))
    assert root.get("aria-label") == '5 < 6 & "so"'
    assert root.get("role") == "img"
    assert root.get("width") is None
    assert root.get("viewBox") == "0 0 300 200"
    assert "max-width: 300px" in root.get("style")
    assert [e.text for e in root.iter() if e.tag.endswith("title")] == ["a <tip>"]


def test_identifiers_belong_to_the_figure_and_all_lead_somewhere():
    one, two = picture("one"), picture("two")
    ids = {name: set(re.findall(r'\bid="([^"]+)"', svg)) for name, svg in (("one", one), ("two", two))}
    assert ids["one"]
    assert ids["one"].isdisjoint(ids["two"])
    for name, svg in (("one", one), ("two", two)):
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) == {
            (i, "") if f'href="#{i}"' in svg else ("", i) for i in ids[name]
        }


def test_the_same_figure_gives_the_same_bytes():
    assert picture() == picture()


def test_drawing_leaves_no_trace_and_other_warnings_come_through():
    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with drawing():
            warnings.warn("Glyph 25439 (x) missing from font(s) DejaVu Sans.", stacklevel=1)
            warnings.warn("something else", stacklevel=1)
    assert [str(w.message) for w in seen] == ["something else"]
    assert dict(matplotlib.rcParams) == before
