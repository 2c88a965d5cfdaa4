from dataclasses import replace
from types import SimpleNamespace

import pytest
from tiny_tasks import CASES
from written import judgement

from armillary.core.errors import RequestError
from armillary.inference import compare, comparison, kept_judgement
from armillary.models import MODELS
from armillary.runs.judgement import Judgement, read_judgement
from armillary.runs.run import Run
from armillary.training.config import RunConfig

OURS = judgement(40, quality=0.7)


@pytest.fixture
def run_of(tmp_path):
    """Return a function that makes a run of a task, which need not be trained to be compared."""

    def make(kind: str, name: str = "run") -> Run:
        config = RunConfig(task=CASES[kind](tmp_path).task, model=MODELS["transformer"]())
        return Run.create(tmp_path / name, config.to_dict())

    return make


def perfect(judged: Judgement) -> Judgement:
    examples = (replace(e, output=e.reference, score=100.0) for e in judged.examples)
    return replace(judged, examples=tuple(examples))


def test_outputs_are_made_once_and_kept(run_of, tmp_path, monkeypatch):
    asked = []

    def opened(run, data=None):
        asked.append(data)
        return SimpleNamespace(judge=lambda split: replace(OURS, split=split))

    monkeypatch.setattr(comparison, "open_model", opened)
    run = run_of("translation")
    assert kept_judgement(run) == kept_judgement(run) == read_judgement(run) == OURS
    assert asked == [None]
    own = tmp_path / "own.tsv"
    assert kept_judgement(run, "validation", own).split == "validation"
    assert asked == [None, own]
    with pytest.raises(RequestError, match="keeps no outputs"):
        read_judgement(run, "validation")


def test_the_same_outputs_do_not_differ(run_of):
    same = compare(run_of("translation"), run_of("translation", "other"), OURS, OURS)
    assert set(same.scores) == {"bleu", "chrf", "chrf_plus_plus", "ter"}
    assert {score.difference for score in same.scores.values()} == {0.0}
    assert min(score.p_value for score in same.scores.values()) == 1.0


def test_perfect_outputs_are_better_and_need_fewer_edits(run_of):
    run, other = run_of("translation"), run_of("translation", "other")
    found = compare(run, other, perfect(OURS), OURS)
    assert (found.run, found.against, found.n_examples) == (str(run.path), str(other.path), 40)
    bleu, ter = found.scores["bleu"], found.scores["ter"]
    assert bleu.ours == pytest.approx(100)
    assert bleu.theirs < 100
    assert 0 < bleu.low <= bleu.difference <= bleu.high
    assert bleu.p_value < 0.01
    assert ter.ours == 0.0
    assert ter.difference == -ter.theirs < 0


def test_runs_that_cannot_be_compared_are_told_why(run_of):
    run, other = run_of("translation"), run_of("translation", "other")
    fewer = replace(OURS, examples=OURS.examples[:5])
    with pytest.raises(
        RequestError, match=r"different examples \(40 and 5 of the test split\); .*--data FILE"
    ):
        compare(run, other, OURS, fewer)
    with pytest.raises(RequestError, match="keeps no outputs to compare"):
        compare(run, other, Judgement("test", {}), Judgement("test", {}))
    with pytest.raises(RequestError, match=r"learnt translation and .* summarization"):
        compare(run, run_of("summarization", "third"), OURS, OURS)
