import numpy as np

from armillary.reports.output_alignment import alignment_plate, by_words
from armillary.reports.words import Words
from armillary.runs.judgement import Alignment


def test_columns_add_up_and_rows_are_averaged():
    weights = ((0.5, 0.25, 0.25, 0.0), (0.1, 0.2, 0.3, 0.4), (0.0, 0.0, 0.0, 1.0))
    source, output, merged = by_words(Alignment((" re", "do", "打", ""), ("un", "do", ""), weights), "■")
    assert source == ["redo", "打", "■"]
    assert output == ["undo", "■"]
    np.testing.assert_allclose(merged, [[0.525, 0.275, 0.2], [0, 0, 1]])


def test_long_and_blank_words_have_labels():
    one = ((1.0,),)
    assert by_words(Alignment(("incomprehensibilities",), ("\n",), one), "■")[:2] == (["incomprehen…"], ["■"])
    assert by_words(Alignment(("\x07",), (" ", "x"), ((1.0,), (1.0,))), "■")[:2] == (["␇"], ["␣", "x"])


def test_cells_that_matter_are_drawn_with_what_they_say():
    weights = ((0.98, 0.02), (0.4, 0.6))
    plate = alignment_plate("a", Alignment(("Open", ""), ("打", ""), weights), Words("en"))
    for drawing in (plate.wide, plate.narrow):
        assert drawing.count("<title>") == 3  # 2% is too faint to be drawn
        assert "<title>打 ← Open: 98.0%</title>" in drawing
        assert ">Open<" in drawing
        assert ">打<" in drawing
    assert 'aria-label="Attention of “打” to “Open”."' in plate.wide


def test_chinese_over_narrow_columns_is_written_downwards():
    n = 30
    weights = tuple(tuple(float(i == j) for j in range(n)) for i in range(2))
    wide = alignment_plate("a", Alignment(("单元格",) * n, ("a", " b"), weights), Words("zh")).wide
    assert ">单<" in wide
    assert ">单元格<" not in wide
    assert "rotate(-90" not in wide
    turned = alignment_plate("a", Alignment((" spreadsheet",) * n, ("a", " b"), weights), Words("en")).wide
    assert turned.count("rotate(-90") == n
