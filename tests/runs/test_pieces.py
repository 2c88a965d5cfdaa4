import pytest

from armillary.runs.pieces import words_of


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["re", "calcul", "ated", " each", " time", "."], ["recalculated", " each", " time", "."]),
        (["打", "开", "文件", "。"], ["打", "开", "文件", "。"]),
        (["", "", "打", "开"], ["打", "开"]),
        (["caf", "", "é", "s"], ["cafés"]),
        (["A", "1", "打", "b", "c"], ["A1", "打", "bc"]),
        (["end", ".", ""], ["end", ".", ""]),
        (["x", " ", "y"], ["x", " ", "y"]),
        ([""], [""]),
    ],
)
def test_pieces_are_put_together_to_words(pieces, words):
    groups = words_of(pieces)
    assert ["".join(pieces[i] for i in group) for group in groups] == words
    assert sorted(i for group in groups for i in group) == list(range(len(pieces)))
