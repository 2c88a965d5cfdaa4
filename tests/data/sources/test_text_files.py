import random

import pytest

from armillary.core.errors import DataError
from armillary.data.base import SPLITS
from armillary.data.sources.text_files import TextFiles
from armillary.data.splits import HoldOut


def sentence(i):
    return "".join(random.Random(i).choices("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏", k=40)) + "。"


def text(start, n):
    return "\n\n".join(
        f"{i} " + "\n".join(sentence(100 * i + j) for j in range(6)) for i in range(start, start + n)
    )


def fill(folder, n, suffix=".txt"):
    folder.mkdir(exist_ok=True)
    for i in range(n):
        (folder / f"{i:03d}{suffix}").write_text(text(100 * i, 2), encoding="utf-8")
    return folder


def test_one_file_is_cut_into_contiguous_parts_at_paragraphs(tmp_path):
    whole = text(0, 200)
    (tmp_path / "book.txt").write_text(whole, encoding="utf-8")
    source = TextFiles(path=tmp_path / "book.txt")
    parts = [source.split(name)[0].text for name in SPLITS]
    assert "".join(parts) == whole
    assert [len(part) / len(whole) for part in parts] == pytest.approx([0.8, 0.1, 0.1], abs=0.02)
    assert all(part.endswith("\n\n") for part in parts[:2])


def test_paragraphs_of_training_that_are_held_out_too_are_dropped_and_counted(tmp_path):
    whole = text(0, 100)
    paragraphs = whole.split("\n\n")
    (tmp_path / "book.txt").write_text("\n\n".join([*paragraphs[-3:], *paragraphs]), encoding="utf-8")
    source = TextFiles(path=tmp_path / "book.txt")
    train, _, test = (source.split(name)[0].text for name in SPLITS)
    assert paragraphs[-1] in test
    assert paragraphs[-1] not in train
    assert source.report()["n_training_paragraphs_dropped"] == 3


def test_a_file_of_one_line_is_cut_too(tmp_path):
    (tmp_path / "line.txt").write_text("".join(map(sentence, range(50))), encoding="utf-8")
    source = TextFiles(path=tmp_path / "line.txt")
    assert sum(len(source.split(name)[0].text) for name in SPLITS) == 41 * 50


def test_a_folder_is_split_file_by_file(tmp_path):
    fill(tmp_path / "books", 40)
    fill(tmp_path / "books" / "more", 10)
    fill(tmp_path / "books" / ".hidden", 3)
    source = TextFiles(path=tmp_path / "books")
    names = [document.name for name in SPLITS for document in source.split(name)]
    assert len(names) == len(set(names)) == 50
    assert "books/more/003.txt" in names
    assert all(source.split(name) for name in SPLITS)


def test_the_order_of_files_on_the_disk_does_not_matter(tmp_path):
    fill(tmp_path / "a", 12)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a").mkdir()
    for path in sorted((tmp_path / "a").iterdir(), reverse=True):
        (tmp_path / "b" / "a" / path.name).write_bytes(path.read_bytes())
    first, second = TextFiles(path=tmp_path / "a"), TextFiles(path=tmp_path / "b" / "a")
    assert [first.split(name) for name in SPLITS] == [second.split(name) for name in SPLITS]


def test_a_list_and_a_glob_choose(tmp_path):
    fill(tmp_path / "texts", 12)
    fill(tmp_path / "texts", 5, suffix=".md")
    few = TextFiles(path=(tmp_path / "texts" / "001.txt", tmp_path / "texts" / "002.md"))
    assert {document.name for document in few.split("train")} == {"001.txt", "002.md"}
    some = TextFiles(path=tmp_path / "texts", glob="*.txt")
    assert sum(some.report()[f"n_{name}"] for name in SPLITS) == 12


def test_a_configuration_survives_its_dictionary(tmp_path):
    source = TextFiles(path=(tmp_path / "a", tmp_path / "b"), held_out=HoldOut(test=0.2))
    assert TextFiles.from_dict(source.to_dict()) == source
    assert TextFiles.from_dict({"path": "a.txt"}).override("path=b.txt").path == (type(tmp_path)("b.txt"),)


def test_bom_and_crlf_are_read_and_another_encoding_when_named(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + text(0, 20).replace("\n", "\r\n").encode())
    (tmp_path / "b.txt").write_bytes(text(0, 20).encode("gb18030"))
    first = TextFiles(path=tmp_path / "a.txt")
    second = TextFiles(path=tmp_path / "b.txt", encoding="gb18030")
    assert [d.text for d in first.split("train")] == [d.text for d in second.split("train")]


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path):
    fill(tmp_path / "texts", 3)
    (tmp_path / "texts" / "x.txt").write_bytes(b"ok\n" + text(0, 2).encode("gb18030"))
    with pytest.raises(DataError, match=r"x\.txt: byte .* \(line 2\).*source\.encoding=gb18030"):
        TextFiles(path=tmp_path / "texts").split("train")


def test_empty_files_are_refused_alone_and_counted_among_others(tmp_path):
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(DataError, match=r"no text in .*empty\.txt"):
        TextFiles(path=tmp_path / "empty.txt").split("train")
    fill(tmp_path / "texts", 11)
    (tmp_path / "texts" / "empty.txt").touch()
    assert TextFiles(path=tmp_path / "texts").report()["n_empty_files"] == 1


@pytest.mark.parametrize(
    ("content", "says"), [("ab", "too short"), (sentence(1) * 8 + "\n\n", "too short|repeats itself")]
)
def test_too_little_text_is_refused(tmp_path, content, says):
    paragraph = content if content == "ab" else content * 20
    (tmp_path / "small.txt").write_text(paragraph, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        TextFiles(path=tmp_path / "small.txt").split("train")


def test_nothing_found_is_said(tmp_path):
    with pytest.raises(DataError, match=r"no file or folder .*nowhere"):
        TextFiles(path=tmp_path / "nowhere").split("train")
    with pytest.raises(DataError, match=r"matches source\.glob=\*\.md"):
        TextFiles(path=fill(tmp_path / "texts", 2), glob="*.md").split("train")
