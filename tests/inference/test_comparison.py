import json
import shutil
from dataclasses import replace

import pytest
from tiny_tasks import CASES

from armillary.core.errors import RequestError
from armillary.inference import compare, kept_judgement
from armillary.models import MODELS
from armillary.runs.judgement import Judgement, judgement_path, read_judgement, write_judgement
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.trainer import train


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """A run of translation that was trained for a moment."""
    task = CASES["translation"](tmp_path_factory.mktemp("data")).task.replace(judged_examples=20)
    model = MODELS["transformer"]().fit_to(task.signature()).at_size(2e4)
    config = RunConfig(task=task, model=model, budget="2 steps", batch_size=8, precision="32-true")
    return train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def copied(run, tmp_path) -> Run:
    return Run.open(shutil.copytree(run.path, tmp_path / "copied"))


def perfect(judgement: Judgement) -> Judgement:
    examples = (replace(e, output=e.reference, score=100.0) for e in judgement.examples)
    return replace(judgement, examples=tuple(examples))


def test_training_keeps_what_was_judged_on_the_test_split(run):
    kept = read_judgement(run)
    pairs = RunConfig.from_dict(run.config).task.source.split("test")[:20]
    assert [(e.source, e.reference) for e in kept.examples] == [(p.source, p.target) for p in pairs]
    assert kept.measure == "chrf"
    assert kept.metrics == {
        name[5:]: value for name, value in run.summary.metrics.items() if name.startswith("test/")
    }


def test_alignments_are_those_of_the_texts(run):
    aligned = [e for e in read_judgement(run).examples if e.alignment is not None]
    for example in aligned:
        assert "".join(example.alignment.source) == example.source
        assert example.output.startswith("".join(example.alignment.output))
        for row in example.alignment.weights:
            assert sum(row) == pytest.approx(1, abs=5e-3)
            assert len(row) == len(example.alignment.source)


def test_what_is_kept_is_read_and_what_is_not_is_made_and_kept(copied, monkeypatch):
    kept = judgement_path(copied, "test")
    before = read_judgement(copied)
    kept.unlink()
    made = kept_judgement(copied)
    assert [e.output for e in made.examples] == [e.output for e in before.examples]
    assert kept.is_file()
    better = perfect(before)
    write_judgement(copied, better)
    assert kept_judgement(copied) == better


def test_the_same_outputs_do_not_differ_and_perfect_ones_do(run, copied):
    ours = read_judgement(run)
    same = compare(run, copied, ours, ours)
    assert {score.difference for score in same.scores.values()} == {0.0}
    assert min(score.p_value for score in same.scores.values()) == 1.0
    compared = compare(copied, run, perfect(ours), ours)
    assert compared.n_examples == 20
    assert set(compared.scores) == {"bleu", "chrf", "chrf_plus_plus", "ter"}
    bleu, ter = compared.scores["bleu"], compared.scores["ter"]
    assert bleu.ours == pytest.approx(100)
    assert bleu.theirs == pytest.approx(ours.metrics["bleu"])
    assert 0 < bleu.low <= bleu.difference <= bleu.high <= 100
    assert bleu.p_value < 0.01
    assert ter.ours == 0.0
    assert ter.difference < 0


def test_runs_that_cannot_be_compared_are_told_why(run, copied, tmp_path):
    ours = read_judgement(run)
    fewer = replace(ours, examples=ours.examples[:5])
    with pytest.raises(
        RequestError, match=r"different examples \(20 and 5 of the test split\); .*--data FILE"
    ):
        compare(run, copied, ours, fewer)
    with pytest.raises(RequestError, match="keeps no outputs to compare"):
        compare(run, copied, Judgement("test", {}), Judgement("test", {}))
    record = json.loads((copied.path / "run.json").read_text())
    record["config"]["task"]["kind"] = "summarization"
    (copied.path / "run.json").write_text(json.dumps(record))
    with pytest.raises(RequestError, match=r"learnt translation and .* summarization"):
        compare(run, Run.open(copied.path), ours, ours)
