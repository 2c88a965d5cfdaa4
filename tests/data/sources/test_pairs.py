import csv
import json

import pytest
from pair_texts import pairs

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, TextPair
from armillary.data.sources import PairTable

PAIRS = pairs(60)
TSV = "".join(f"{a}\t{b}\n" for a, b in PAIRS)


@pytest.fixture
def write(tmp_path):
    def at(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content.encode(encoding))
        return path

    return at


def read(path, **options):
    return sorted((p.source, p.target) for p in PairTable(path=path, **options).pairs())


def table(header, rows, delimiter=","):
    return "".join(delimiter.join(map(str, row)) + "\n" for row in [header, *rows])


def json_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.tsv", "source\ttarget\n" + TSV, ""),
        ("t.csv", table(("id", "target", "source"), [(i, b, a) for i, (a, b) in enumerate(PAIRS)]), ""),
        ("t.jsonl", json_lines({"source": a, "target": b} for a, b in PAIRS), ""),
        ("t.tsv", TSV, "first line reads like the others and is taken as a pair"),
        (
            "t.tsv",
            "en\tzh\n" + TSV,
            "source 'en', target 'zh'; the other way round: task.source.source_column=zh",
        ),
        ("t.tsv", "English\t中文\n" + TSV, "source 'English', target '中文'"),
        ("t.tsv", "left side\tright side\n" + TSV, "'task.source.source_column=right side'"),
        ("t.csv", table(("id", "text", "title", "summary"), [(7, a, "x", b) for a, b in PAIRS]), "'summary'"),
        ("t.csv", table(("n", "foo", "bar"), [(7, a, b) for a, b in PAIRS]), "source 'foo', target 'bar'"),
        (
            "t.tsv",
            table((1, *PAIRS[0]), [(i, *p) for i, p in enumerate(PAIRS[1:])], "\t"),
            "source '2', target '3'",
        ),
        (
            "t.jsonl",
            json_lines({"id": "7", "translation": {"en": a, "zh": b}} for a, b in PAIRS),
            "source 'en'",
        ),
    ],
)
def test_columns_are_found_and_said(write, capsys, name, content, says):
    assert read(write(name, content)) == sorted(PAIRS)
    told = capsys.readouterr().err
    assert says in told
    assert bool(says) == bool(told)


def test_parquet(tmp_path, capsys):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"article": a, "highlights": b, "id": i} for i, (a, b) in enumerate(PAIRS)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet") == sorted(PAIRS)
    assert "source 'article', target 'highlights'" in capsys.readouterr().err


def test_named_columns_are_taken_without_a_word(write, capsys):
    path = write("t.csv", table(("en", "zh", "de"), [(a, b, b) for a, b in PAIRS]))
    assert read(path, source_column="zh", target_column="en") == sorted((b, a) for a, b in PAIRS)
    assert read(write("t.tsv", TSV), source_column="2", target_column="1") == sorted((b, a) for a, b in PAIRS)
    assert capsys.readouterr().err == ""


def test_one_named_column_tells_the_other(write, capsys):
    path = write("t.tsv", "en\tzh\n" + TSV)
    assert read(path, target_column="en") == sorted((b, a) for a, b in PAIRS)
    assert "source 'zh', target 'en'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (
            table(("en", "zh", "de"), [(a, b, a) for a, b in PAIRS]),
            {},
            r"has the columns en, zh, de; name those",
        ),
        (table(("en", "zh", "de"), [(a, b, a) for a, b in PAIRS]), {"source_column": "zh"}, "name those of"),
        (
            table(("foo", "bar", "baz"), [(a, b, a) for a, b in PAIRS]),
            {},
            "columns foo, bar, baz; name those",
        ),
        ("text\n" + "".join(f"{a}\n" for a, _ in PAIRS), {}, "has one column"),
        (
            table(("source", "target"), PAIRS),
            {"source_column": "sorce"},
            r"no column is called 'sorce'; did you mean 'source'\? \(known: source, target\)",
        ),
        (table(("source", "target"), [*PAIRS, ("a", "b", "c")]), {}, r"row 61 \(line 62\): 3 fields"),
        (
            table(("source", "target", "part"), [(*p, "some") for p in PAIRS]),
            {"split_column": "part"},
            r"row 1 \(line 2\): 'part' is train, validation or test, got 'some'",
        ),
        (
            table(("source", "target"), PAIRS[:20]),
            {},
            r"t\.csv has 20 usable pairs of 20 read; 30 are the fewest",
        ),
    ],
)
def test_what_is_not_clear_or_broken_is_refused(write, content, options, says):
    with pytest.raises(DataError, match=says):
        PairTable(path=write("t.csv", content), **options).split("train")


def test_a_text_that_is_none_is_refused_and_a_missing_one_counted(write):
    rows = [{"source": a, "target": b} for a, b in PAIRS]
    with pytest.raises(DataError, match=r"row 61 \(line 61\): the column 'target' holds 5, which is no text"):
        read(write("t.jsonl", json_lines([*rows, {"source": "five", "target": 5}])))
    source = PairTable(path=write("t.jsonl", json_lines([*rows, {"source": "none", "target": None}])))
    assert source.report()["n_dropped_empty"] == 1


def test_marks_of_ordering_and_line_ends_of_other_systems_do_not_matter(write):
    path = write("t.tsv", ("en\tzh\n" + TSV).replace("\n", "\r\n"), "utf-8-sig")
    assert read(path) == sorted(PAIRS)
    chinese = write("g.tsv", TSV, "gb18030")
    with pytest.raises(DataError, match=r"it can be read as gb18030: task\.source\.encoding=gb18030"):
        read(chinese)
    assert read(chinese, encoding="gb18030") == sorted(PAIRS)


def test_stray_quotation_marks_between_tabs_are_text(write):
    stray = [(f'"{a}', f'{b}"' if i % 2 else b) for i, (a, b) in enumerate(PAIRS)]
    assert read(write("t.tsv", "".join(f"{a}\t{b}\n" for a, b in stray))) == sorted(stray)
    inside = [(f'say "{a}" now', b) for a, b in PAIRS]
    assert read(write("t.tsv", "".join(f"{a}\t{b}\n" for a, b in inside))) == sorted(inside)


def test_quotation_marks_that_all_quote_are_none(write, tmp_path):
    rows = [(f'a "word" of\t{a}\nand more', b) for a, b in PAIRS]
    with (tmp_path / "t.tsv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter="\t").writerows([("source", "target"), *rows])
    assert read(tmp_path / "t.tsv") == sorted(rows)


def test_documents_and_splits_of_columns(write, capsys):
    rows = [(*pair, f"page {i % 20}", "dev" if i > 400 else "train") for i, pair in enumerate(pairs(500))]
    path = write("t.csv", table(("source", "target", "doc_id", "part"), rows))
    source = PairTable(path=path)
    assert source.report()["n_documents"] == 20
    assert "document 'doc_id'" in capsys.readouterr().err
    pages = [{pair.document for pair in source.split(name)} for name in SPLITS]
    assert sum(map(len, pages)) == len(set.union(*pages)) == 20
    marked = PairTable(path=path, split_column="part").split("validation")
    assert [(p.source, p.target, p.document) for p in marked] == [row[:3] for row in rows[401:]]
    assert all(type(pair) is TextPair for pair in marked)
