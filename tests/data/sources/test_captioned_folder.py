import json

import numpy as np
import pytest
from PIL import Image

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SPLITS
from armillary.data.sources.captioned_folder import CaptionedFolder

RNG = np.random.default_rng(0)


def fill(folder, n=12, size=8):
    """Return the names of ``n`` images made in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.fromarray(RNG.integers(0, 256, (size, size, 3), np.uint8)).save(folder / f"{i}.png")
    return [f"{i}.png" for i in range(n)]


def everything(source):
    return [image for name in SPLITS for image in source.split(name)]


def captions(source):
    return sorted(image.caption for image in everything(source))


def write(path, *rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_the_caption_is_the_name_of_the_folder(tmp_path):
    for name in ("a_red_cat", "一只黑猫"):
        fill(tmp_path / "pets" / name)
    source = CaptionedFolder(path=tmp_path / "pets")
    assert captions(source) == ["a red cat"] * 12 + ["一只黑猫"] * 12
    assert {image.label for image in everything(source)} == {"a_red_cat", "一只黑猫"}
    assert all({"a red cat", "一只黑猫"} == {i.caption for i in source.split(name)} for name in SPLITS)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_table_says_what_images_show(tmp_path, suffix):
    names = fill(tmp_path / "images")
    rows = [("images/" + name, f"第{i}张, 一只猫") for i, name in enumerate(names)]
    if suffix == "jsonl":
        lines = [json.dumps({"file_name": name, "text": text}, ensure_ascii=False) for name, text in rows]
    else:
        sign = "," if suffix == "csv" else "\t"
        lines = ["file_name" + sign + "text", *(f'{name}{sign}"{text}"' for name, text in rows)]
    write(tmp_path / f"metadata.{suffix}", *lines)
    assert captions(CaptionedFolder(path=tmp_path)) == sorted(text for _, text in rows)


def test_a_table_can_be_named_and_its_columns_too(tmp_path):
    lines = ["which,says,label"] + [f"{name},a {name[0]},{i % 2}" for i, name in enumerate(fill(tmp_path))]
    write(tmp_path / "mine.csv", *lines)
    path = tmp_path / "mine.csv"
    source = CaptionedFolder(path=path, file_column="which", caption_column="says")
    assert {image.label for image in everything(source)} == {"0", "1"}
    with pytest.raises(DataError, match=r"no column is called 'file_name'.*file_column=NAME"):
        CaptionedFolder(path=path).split("train")


def test_text_files_beside_images_have_a_caption_a_line(tmp_path):
    for i, name in enumerate(fill(tmp_path, 20)):
        write((tmp_path / name).with_suffix(".txt"), f"image {i}", "", f"图 {i}")
    source = CaptionedFolder(path=tmp_path)
    assert len(captions(source)) == 40
    for name in SPLITS:  # both captions of an image are in its split
        numbers = [image.caption.split()[1] for image in source.split(name)]
        assert sorted(numbers) == sorted(2 * [*set(numbers)])
    assert source.report()["n_images"] == 20


def test_images_without_caption_are_counted_and_said(tmp_path, capsys):
    for name in fill(tmp_path, 20)[:-3]:
        write((tmp_path / name).with_suffix(".txt"), f"image {name}")
    source = CaptionedFolder(path=tmp_path)
    assert source.report()["n_without_caption"] == 3
    assert len(everything(source)) == 17
    assert "3 images without a caption are left out" in capsys.readouterr().err


def test_splits_are_folders_or_a_column(tmp_path):
    lines = ["file_name,caption"]
    for split, n in (("train", 9), ("val", 3), ("test", 4)):
        lines += [f"{split}/{name},{split} {name}" for name in fill(tmp_path / "a" / split, n)]
    write(tmp_path / "a" / "metadata.csv", *lines)
    assert [len(CaptionedFolder(path=tmp_path / "a").split(name)) for name in SPLITS] == [9, 3, 4]
    marks = ["train"] * 8 + ["dev"] * 2 + ["test"] * 2
    rows = [f"{name},x,{mark}" for name, mark in zip(fill(tmp_path / "b"), marks, strict=True)]
    write(tmp_path / "b" / "metadata.csv", "file_name,text,split", *rows)
    assert [len(CaptionedFolder(path=tmp_path / "b").split(name)) for name in SPLITS] == [8, 2, 2]


def test_tables_may_lie_in_the_folders_of_splits(tmp_path):
    for split, n in (("train", 9), ("validation", 3), ("test", 4)):
        rows = [f"{name},{split} {name}" for name in fill(tmp_path / split, n)]
        write(tmp_path / split / "metadata.csv", "file_name,text", *rows)
    source = CaptionedFolder(path=tmp_path)
    assert [{i.caption.split()[0] for i in source.split(name)} for name in SPLITS] == [{n} for n in SPLITS]


def test_a_place_can_be_chosen(tmp_path):
    for name in fill(tmp_path / "cats", 20):
        write((tmp_path / "cats" / name).with_suffix(".txt"), "a text")
    assert set(captions(CaptionedFolder(path=tmp_path))) == {"a text"}
    assert set(captions(CaptionedFolder(path=tmp_path, captions="folder"))) == {"cats"}
    with pytest.raises(DataError, match=r"none of metadata\.csv"):
        CaptionedFolder(path=tmp_path, captions="table").split("train")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("nowhere.png,a cat,train", r"row 13 \(line 14\): there is no image .*nowhere\.png"),
        ("3.png,,train", r"row 13 .* 'text' is empty"),
        ("3.png,a cat,later", "'split' is train, validation or test, got 'later'"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, row, says):
    rows = [f"{name},a cat,train" for name in fill(tmp_path)]
    write(tmp_path / "metadata.csv", "file_name,text,split", *rows, row)
    with pytest.raises(DataError, match=says):
        CaptionedFolder(path=tmp_path).split("train")


def test_folders_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"no folder or table .*nowhere"):
        CaptionedFolder(path=tmp_path / "nowhere").split("train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty has no image"):
        CaptionedFolder(path=tmp_path / "empty").split("train")
    names = fill(tmp_path / "bare")
    with pytest.raises(DataError, match="no caption; captions stand in"):
        CaptionedFolder(path=tmp_path / "bare").split("train")
    write((tmp_path / "bare" / names[0]).with_suffix(".txt"), " ")
    with pytest.raises(DataError, match=r"0\.txt is blank"):
        CaptionedFolder(path=tmp_path / "bare").split("train")
    with pytest.raises(ConfigError, match="got 0"):
        CaptionedFolder(path=tmp_path, size=0)


def test_an_image_outside_of_the_splits_is_refused(tmp_path):
    fill(tmp_path / "train" / "cat")
    fill(tmp_path, 1)
    with pytest.raises(DataError, match=r"0\.png lies beside folders of splits"):
        CaptionedFolder(path=tmp_path).split("train")
    (tmp_path / "mine.csv").touch()
    (tmp_path / "0.png").unlink()
    with pytest.raises(ConfigError, match="is a table; captions=beside"):
        CaptionedFolder(path=tmp_path / "mine.csv", captions="beside").split("train")
