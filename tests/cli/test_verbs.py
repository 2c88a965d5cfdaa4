"""A user's afternoon: their own table and images, train, evaluate, predict, report, list."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from documented import departures
from PIL import Image

TOPICS = {
    "天气": ["今天下雨", "明天晴天", "风很大", "气温下降", "多云转晴"],
    "food": ["noodles", "rice", "soup", "tea", "bread"],
}


@pytest.fixture
def table(tmp_path) -> Path:
    """A table of texts in two scripts, with columns of its own names."""
    rng = np.random.default_rng(0)
    path = tmp_path / "评论.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["review", "topic"])
        for i in range(240):
            topic = ("天气", "food")[i % 2]
            words = rng.choice(TOPICS[topic], size=4)
            writer.writerow([f"{' '.join(words)} {i}", topic])
    return path


@pytest.fixture
def photos(tmp_path) -> Path:
    """A folder of folders: dark squares and bright ones."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "photos"
    for label, low in (("dark", 0), ("bright", 160)):
        (folder / label).mkdir(parents=True)
        for i in range(40):
            pixels = rng.integers(low, low + 90, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{i}.png")
    return folder


def test_texts_in_a_table(ask, ask_json, table, tmp_path):
    run = tmp_path / "run"
    columns = ["task.source.text_column=review", "task.source.label_column=topic"]
    fields = ["task.tokenizer.vocab_size=400", "size=130k", "budget=40 steps", "precision=32-true"]
    done = ask_json("train", "text-classification", f"data={table}", *columns, *fields, "--out", run)
    assert departures("armillary train", done) == []
    assert done["run"] == str(run)
    assert done["metrics"]["test/accuracy"] > 0.9
    judged = ask_json("evaluate", run, "--baseline")
    assert departures("armillary evaluate", judged) == []
    assert judged["metrics"]["accuracy"] == pytest.approx(done["metrics"]["test/accuracy"])
    assert set(judged["baselines"]) == {"majority-class", "tfidf-logistic-regression"}
    predicted = ask_json("predict", run, "明天晴天 风很大", "rice soup tea")
    assert departures("armillary predict", predicted) == []
    answers = predicted["answers"]
    assert [a["label"] for a in answers] == ["天气", "food"]
    status, out, _ = ask("predict", run, "bread")
    assert status == 0
    assert out.startswith("food\t")
    page = ask_json("report", run, "--lang", "zh")["report"]
    assert '<html lang="zh' in Path(page).read_text(encoding="utf-8")
    rows = ask_json("list", "runs", "--root", tmp_path)["runs"]
    assert [row["run"] for row in rows] == [str(run)]


def test_images_in_folders(ask_json, photos, tmp_path):
    run = tmp_path / "run"
    fields = ["size=2e4", "budget=30 steps", "precision=32-true"]
    done = ask_json("train", "image-classification", f"data={photos}", *fields, "--out", run)
    assert done["metrics"]["test/accuracy"] == 1.0
    answers = ask_json("predict", run, photos / "dark" / "0.png", photos / "bright" / "0.png")["answers"]
    assert [a["label"] for a in answers] == ["dark", "bright"]


def test_a_text_is_continued_and_a_run_is_not_written_over(ask, ask_json, tmp_path):
    book = tmp_path / "book.txt"
    book.write_text(
        "".join(f"第{i}章 the cat sat on the mat 猫坐在垫子上。\n" for i in range(400)), encoding="utf-8"
    )
    run = tmp_path / "run"
    command = [
        "train",
        "text-generation",
        f"data={book}",
        "model=lstm",
        "task.tokenizer=byte",
        "task.context=32",
    ]
    command += ["size=2e4", "budget=30 steps", "precision=32-true", "--out", run]
    assert ask_json(*command)["loss"] < 5.5
    status, _, err = ask(*command)
    assert status == 2
    assert "holds a run already" in err
    [answer] = ask_json("predict", run, "the cat", "--set", "max_tokens=8", "--set", "seed=1")["answers"]
    [again] = ask_json("predict", run, "the cat", "--set", "max_tokens=8", "--set", "seed=1")["answers"]
    assert json.dumps(answer) == json.dumps(again)
    status, _, err = ask("predict", run, "x", "--set", "temprature=1")
    assert status == 2
    assert "did you mean 'temperature'?" in err
