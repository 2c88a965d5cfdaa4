import csv
import random

import pytest

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, Document, LabelledText, Source
from armillary.data.sources.table import DocumentTable, LabelledTable


def rows(n, start=0, labels=("yes", "no")):
    rng = random.Random(start)
    return [
        [" ".join(rng.choices("天地玄黄宇宙洪荒日月", k=20)) + f" {i}", labels[i % len(labels)]]
        for i in range(n)
    ]


def save(path, body, header=("text", "label")):
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *body])
    return path


def test_rows_are_split_and_none_is_lost(tmp_path):
    body = rows(60)
    source = LabelledTable(path=save(tmp_path / "t.csv", body))
    found = [example for name in SPLITS for example in source.split(name)]
    assert sorted((e.text, e.label) for e in found) == sorted(map(tuple, body))
    assert all({e.label for e in source.split(name)} == {"yes", "no"} for name in SPLITS)


def test_columns_are_mapped(tmp_path):
    path = save(tmp_path / "t.tsv", [], header=())
    path.write_text("id\treview\tstars\n" + "".join(f"{i}\t{t}\t{y}\n" for i, (t, y) in enumerate(rows(30))))
    source = LabelledTable(path=path, text_column="review", label_column="stars")
    assert isinstance(source.split("train")[0], LabelledText)
    documents = DocumentTable(path=path, text_column="review")
    first = documents.split("train")[0]
    assert isinstance(first, Document)
    assert first.name.startswith(f"{path}, row ")


def test_duplicate_rows_are_kept_on_one_side_and_counted(tmp_path):
    body = rows(50)
    source = LabelledTable(path=save(tmp_path / "t.csv", [*body, *body[:20], *body[:20]]))
    texts = [{example.text for example in source.split(name)} for name in SPLITS]
    assert sum(map(len, texts)) == 50
    assert source.report()["n_near_duplicates_kept_together"] == 40


def test_a_split_column_is_respected(tmp_path):
    names = {"train": "train", "dev": "validation", "TEST": "test"}
    body = [[*row, mark] for mark in names for row in rows(20, start=len(mark))]
    source = LabelledTable(
        path=save(tmp_path / "t.csv", body, ("text", "label", "part")), split_column="part"
    )
    for mark, name in names.items():
        given = {row[0] for row in body if row[2] == mark}
        assert {example.text for example in source.split(name)} <= given
    assert len(source.split("test")) == 20
    assert source.report()["n_training_near_duplicates_dropped"] == 20 - len(source.split("train"))


def test_a_held_out_class_that_training_lacks_is_refused(tmp_path):
    body = [[*row, "train"] for row in rows(20)] + [["something else entirely", "mabye", "test"]]
    source = LabelledTable(
        path=save(tmp_path / "t.csv", body, ("text", "label", "part")), split_column="part"
    )
    with pytest.raises(DataError, match="test example 1: no class of the training split is called 'mabye'"):
        source.split("train")


@pytest.mark.parametrize(
    ("body", "options", "says"),
    [
        (rows(9, labels=("only",)), {}, r"t\.csv, column 'label' has only one class, 'only'"),
        ([*rows(9), ["one more", "rare"]], {}, "the class 'rare' has 1 example;"),
        ([*rows(9), ["", "yes"]], {}, r"t\.csv, row 10 \(line 11\): the column 'text' is empty"),
        ([*rows(9), ["a", ""]], {}, r"row 10 \(line 11\): the column 'label' has no label"),
        ([*rows(9), ["a"]], {}, r"row 10 \(line 11\): 1 fields, but the header has 2"),
        (rows(9), {"text_column": "txt"}, r"did you mean 'text'\? \(known: label, text\)"),
        (
            rows(9),
            {"split_column": "label"},
            r"row 1 \(line 2\): 'label' is train, validation or test, got 'yes'",
        ),
        ([], {}, "has no rows"),
    ],
)
def test_broken_tables_are_refused_with_their_row(tmp_path, body, options, says):
    with pytest.raises(DataError, match=says):
        LabelledTable(path=save(tmp_path / "t.csv", body), **options).split("train")


def test_two_rows_are_too_few_to_hold_out_from(tmp_path):
    with pytest.raises(DataError, match=r"no validation example \(2 in all\)"):
        DocumentTable(path=save(tmp_path / "t.csv", rows(2))).split("train")


def test_a_configuration_survives_its_dictionary(tmp_path):
    source = LabelledTable(path=tmp_path / "t.csv", split_column="part")
    assert Source.from_dict(source.to_dict()) == source
    assert source.override("split_column=none", "held_out.test=0.3").held_out.test == 0.3
