import csv
import json

import numpy as np
import pytest
import soundfile

from armillary.core.errors import DataError
from armillary.data.audio import RATE
from armillary.data.base import SPLITS
from armillary.data.sources import AudioFolder

TEXTS = [
    f"第{number}句 sentence {word}" for number, word in enumerate(["apple", "river", "stone", "cloud"] * 10)
]


def save(path, duration=0.2, level=0.3):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, level * np.sin(np.arange(round(duration * RATE)) / 3), RATE)


def write_table(path, rows):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def rows(tmp_path):
    rows = [
        {"file_name": f"clips/录音{i}.flac", "transcription": text, "speaker": f"s{i % 4}"}
        for i, text in enumerate(TEXTS)
    ]
    for row in rows:
        save(tmp_path / row["file_name"])
    return rows


def texts(source):
    return {r.text for name in SPLITS for r in source.split(name)}


@pytest.mark.parametrize("table", ["metadata.csv", "metadata.tsv", "metadata.jsonl"])
def test_a_table_of_the_datasets_library(tmp_path, rows, table):
    write_table(tmp_path / table, rows)
    source = AudioFolder(path=tmp_path)
    assert texts(source) == set(TEXTS)
    report = source.report()
    assert (report["n_recordings"], report["n_without_transcript"]) == (40, 0)
    assert report["n_test_speakers_in_training"] == 0
    assert texts(AudioFolder(path=tmp_path / table)) == set(TEXTS)


@pytest.mark.parametrize("column", ["text", "sentence", "words"])
def test_columns_of_other_names(tmp_path, rows, column):
    write_table(
        tmp_path / "metadata.csv", [{"file": r["file_name"], column: r["transcription"]} for r in rows]
    )
    source = AudioFolder(path=tmp_path, text_column="words" if column == "words" else None)
    assert texts(source) == set(TEXTS)
    assert source.report()["n_train_speakers"] == 0
    if column == "words":
        with pytest.raises(DataError, match=r"row 1 .*column.*task\.source\.text_column=NAME"):
            AudioFolder(path=tmp_path).read()


def test_texts_beside_recordings(tmp_path):
    for number, text in enumerate(TEXTS):
        save(tmp_path / f"{number}.wav")
        (tmp_path / f"{number}.txt").write_text(f"{text}\n", encoding="utf-8")
    save(tmp_path / "untold.wav")
    source = AudioFolder(path=tmp_path)
    assert texts(source) == set(TEXTS)
    assert source.report()["n_without_transcript"] == 1


def test_what_is_left_out_is_counted(tmp_path, rows, capsys):
    save(tmp_path / rows[0]["file_name"], level=0.0)
    save(tmp_path / rows[1]["file_name"], duration=1.5)
    save(tmp_path / rows[2]["file_name"], level=5.0)
    rows[3]["transcription"] = "  "
    write_table(tmp_path / "metadata.csv", rows[:-1])
    report = AudioFolder(path=tmp_path, longest=1.0).report()
    for name in ("n_silent", "n_too_long", "n_clipped", "n_blank_transcript", "n_without_transcript"):
        assert report[name] == 1, name
    assert sum(report[f"n_{name}"] for name in SPLITS) == 36
    assert "4 of 40 recordings are left out" in capsys.readouterr().err


def test_splits_that_the_data_bring_stand(tmp_path, rows):
    for i, row in enumerate(rows):
        row["split"] = "test" if i < 5 else "train"
    write_table(tmp_path / "metadata.csv", rows)
    source = AudioFolder(path=tmp_path)
    assert {r.text for r in source.split("test")} == set(TEXTS[:5])
    assert len(source.split("validation")) > 0
    assert source.report()["n_test_speakers_in_training"] == 5


def test_folders_of_splits(tmp_path, rows):
    for name, some in (("train", rows[:20]), ("dev", rows[20:30]), ("test", rows[30:])):
        for row in some:
            save(tmp_path / "data" / name / row["file_name"])
        write_table(tmp_path / "data" / name / "metadata.csv", some)
    source = AudioFolder(path=tmp_path / "data")
    assert [len(source.split(name)) for name in SPLITS] == [20, 10, 10]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"file_name": "gone.wav"}, r"row 1 .*there is no recording .*gone\.wav; names are relative"),
        ({"file_name": "clips/录音1.flac"}, r"row 2 .*录音1\.flac has a transcript already, in .*row 1"),
        ({"split": "never"}, "'split' is train, validation or test, got 'never'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, rows, change, said):
    rows[0] |= change
    write_table(tmp_path / "metadata.jsonl", rows)
    with pytest.raises(DataError, match=said):
        AudioFolder(path=tmp_path).read()


def test_a_file_that_is_no_sound_is_named(tmp_path, rows):
    (tmp_path / rows[7]["file_name"]).write_text("words", encoding="utf-8")
    write_table(tmp_path / "metadata.csv", rows)
    with pytest.raises(DataError, match=r"录音7\.flac cannot be read as audio"):
        AudioFolder(path=tmp_path).read()


def test_a_folder_without_enough_is_told_what_it_needs(tmp_path, rows):
    with pytest.raises(DataError, match=r"0 usable recordings .*n_without_transcript 40.*NAME\.txt beside"):
        AudioFolder(path=tmp_path).read()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty has no recording in it; names end in \.aif"):
        AudioFolder(path=tmp_path / "empty").read()
    with pytest.raises(DataError, match=r"there is no folder .*gone"):
        AudioFolder(path=tmp_path / "gone").read()
