"""A translation run asked from the command line: texts, whole files, pieces."""

import json

import pytest
import tiny_tasks
from documented import departures

from armillary.inference import Model, files
from armillary.models import MODELS
from armillary.training.config import RunConfig
from armillary.training.trainer import train

LINES = [
    "the old star",
    "",
    "x" * 10_000,
    "emoji \U0001f600 and a bell \x07, a page \x0b\x0c and a separator \u2028 inside",
    "   ",
    "北京 the tide 東京 прилив",
    "salt and butter",
    "",
]

SHORT = ["--set", "max_tokens=4"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A translation run that was trained for a moment."""
    case = tiny_tasks.translation(tmp_path_factory.mktemp("data"))
    config = RunConfig(
        task=case.task,
        model=MODELS["transformer"](),
        budget="4 steps",
        batch_size=8,
        evaluations=1,
        checkpoints=1,
        precision="32-true",
        accelerator="cpu",
    ).fitted()
    config = config.replace(model=config.model.at_size(2e4))
    return train(config, tmp_path_factory.mktemp("runs") / "run").path


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("\n".join(LINES), encoding="utf-8", newline="\n")
    return path


def lines_of(path):
    return path.read_text(encoding="utf-8").split("\n")


def test_a_file_is_answered_line_by_line(ask_json, ask, run, source, tmp_path):
    out = tmp_path / "out.txt"
    done = ask_json("predict", run, "--file", source, "--out", out, *SHORT)
    assert departures("armillary predict --out", done) == []
    assert done == {"run": str(run), "out": str(out), "n_lines": 7, "n_resumed": 0, "n_noted": 0}
    answers = ask_json("predict", run, "--file", source, *SHORT)["answers"]
    assert len(answers) == 7  # the last line of the file ends
    assert [" ".join(a.splitlines()) for a in answers] == [
        " ".join(a.splitlines()) for a in lines_of(out)[:7]
    ]
    assert out.read_bytes().count(b"\n") == source.read_bytes().count(b"\n") == 7
    assert [a for line, a in zip(LINES, lines_of(out), strict=True) if not line.strip()] == [""] * 3
    assert any(lines_of(out))
    source.write_bytes(source.read_bytes()[:-1])  # now it does not end
    assert ask("predict", run, "--file", source, "--out", out, *SHORT)[0] == 0
    assert out.read_bytes().count(b"\n") == 6
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.txt", "out.txt"]


def test_an_interrupted_file_goes_on_where_it_was_stopped(ask, ask_json, run, source, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LINES", 2)
    whole, out = tmp_path / "whole.txt", tmp_path / "out.txt"
    ask("predict", run, "--file", source, "--out", whole, *SHORT)
    answered, calls = Model.answer, []

    def interrupted(self, texts, **options):
        calls.append(texts)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return answered(self, texts, **options)

    monkeypatch.setattr(Model, "answer", interrupted)
    status, printed, err = ask("predict", run, "--file", source, "--out", out, *SHORT)
    assert (status, printed) == (130, "")
    assert "the same command goes on" in err
    assert not out.exists()
    [part] = tmp_path.glob("*.part")
    with part.open("ab") as file:
        file.write(b"half a lin")  # torn by a crash
    done = ask_json("predict", run, "--file", source, "--out", out, *SHORT)
    assert done["n_resumed"] == 4
    assert calls[3] == LINES[4:6]
    assert out.read_bytes() == whole.read_bytes()
    assert not part.exists()


def test_a_file_that_is_no_text_is_refused_before_any_work(ask, run, source, tmp_path):
    source.write_bytes(b"good\nbad \xff byte\n")
    status, _, err = ask("predict", run, "--file", source, "--out", tmp_path / "out.txt")
    assert status == 2
    assert "byte 0xff at offset 9 (line 2) is not utf-8" in err
    status, _, err = ask("predict", run, "--file", tmp_path / "none.txt", "--out", tmp_path / "out.txt")
    assert status == 2
    assert "cannot read" in err
    assert sorted(tmp_path.iterdir()) == [source]


def test_several_answers_to_a_line_are_json(ask, ask_json, run, source, tmp_path):
    several = ["--set", "n_best=3", "--set", "n_beams=3", *SHORT]
    status, _, err = ask("predict", run, "--file", source, "--out", tmp_path / "out.txt", *several)
    assert status == 2
    assert "name it out.jsonl" in err
    out = tmp_path / "out.jsonl"
    assert ask("predict", run, "--file", source, "--out", out, *several)[0] == 0
    answers = [json.loads(line) for line in out.read_bytes().decode().split("\n")[:-1]]
    shown = ask_json("predict", run, LINES[0], *several)
    assert departures("armillary predict, of translation, summarization and speech recognition", shown) == []
    [alone] = shown["answers"]
    assert [alone["text"], *(a["text"] for a in alone["alternatives"])] == [
        answers[0]["text"],
        *(a["text"] for a in answers[0]["alternatives"]),
    ]
    assert alone["score"] == pytest.approx(answers[0]["score"], abs=1e-5)
    assert len(alone["alternatives"]) == 2
    status, out_text, _ = ask("predict", run, LINES[0], *several)
    assert status == 0
    assert out_text.splitlines()[0] == f"{answers[0]['score']:.4f}\t{answers[0]['text']}"


def test_a_stream_shows_the_text(ask, run):
    status, whole, _ = ask("predict", run, "the old star\n\nsalt and butter " * 3)
    assert status == 0
    assert ask("predict", run, "the old star\n\nsalt and butter " * 3, "--stream")[1] == whole
    sampled = ["--set", "temperature=1", "--set", "seed=3"]
    assert (
        ask("predict", run, "the tide", "--stream", *sampled)[1]
        == ask("predict", run, "the tide", *sampled)[1]
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a", "b", "--stream"], "--stream shows the answer to one input"),
        (["a", "--out", "o.txt"], "--out takes the answers to the lines of --file"),
        (["a", "--set", "n_beans=3"], "did you mean 'n_beams'"),
        (["a", "--set", "n_best"], "is no NAME=VALUE"),
    ],
)
def test_requests_without_sense_are_refused(ask, run, arguments, said):
    status, _, err = ask("predict", run, *arguments)
    assert status == 2
    assert said in err
