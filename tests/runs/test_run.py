import dataclasses

import pytest

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.runs.run import Run, Summary
from armillary.runs.store import find_runs, finished_runs, free_path, resolve

SUMMARY = Summary(
    n_params=1000,
    n_params_non_embedding=900,
    n_examples=10,
    n_tokens=640,
    train_flops=3.8e6,
    loss=2.5,
    seconds=1.5,
    unit="token",
    metrics={"perplexity": 12.2},
)


def test_a_run_is_made_logged_finished_and_opened(tmp_path):
    run = Run.create(tmp_path / "r", {"seed": 3, "task": {"kind": "t"}})
    run.log(step=1, loss=3.0)
    assert not run.finished
    with pytest.raises(RequestError, match="has not finished; resume it with: armillary train --resume"):
        _ = run.summary
    run.finish(SUMMARY)
    again = Run.open(tmp_path / "r")
    assert again.summary == SUMMARY
    assert again.config == {"seed": 3, "task": {"kind": "t"}}
    assert again.provenance["seed"] == 3
    assert again.parent is None
    assert list(again.metrics()) == [{"step": 1, "loss": 3.0}]


def test_a_run_is_not_written_over(tmp_path):
    Run.create(tmp_path / "r", {})
    with pytest.raises(RequestError, match="holds a run already"):
        Run.create(tmp_path / "r", {})


def test_a_line_cut_by_a_kill_is_passed_over_and_rewind_keeps_the_first_records(tmp_path):
    run = Run.create(tmp_path / "r", {})
    for step in (1, 2, 3):
        run.log(step=step)
    with (run.path / "metrics.jsonl").open("a") as handle:
        handle.write('{"step": 4, "lo')
    assert [row["step"] for row in run.metrics()] == [1, 2, 3]
    run.rewind(2)
    run.log(step=3, again=1)
    assert list(run.metrics()) == [{"step": 1}, {"step": 2}, {"step": 3, "again": 1}]


def test_what_is_no_run_or_of_another_format_is_refused(tmp_path):
    with pytest.raises(RequestError, match="is not a run"):
        Run.open(tmp_path)
    (tmp_path / "run.json").write_text('{"format": 99}')
    with pytest.raises(CheckpointError, match="not of format 1"):
        Run.open(tmp_path)


def test_a_summary_without_a_measurement_is_refused(tmp_path):
    run = Run.create(tmp_path / "r", {})
    whole = dataclasses.asdict(SUMMARY)
    del whole["loss"]
    with pytest.raises(CheckpointError, match="lacks loss"):
        Summary.from_dict(whole)
    run.finish(SUMMARY)
    assert run.finished


def test_runs_are_found_named_and_resolved(tmp_path):
    assert free_path("a", tmp_path) == tmp_path / "a"
    Run.create(tmp_path / "a", {})
    assert free_path("a", tmp_path) == tmp_path / "a-2"
    Run.create(tmp_path / "deep" / "b", {}).finish(SUMMARY)
    assert [run.name for run in find_runs(tmp_path)] == ["a", "b"]
    assert [run.name for run in finished_runs(tmp_path)] == ["b"]
    assert resolve("a", tmp_path).path == resolve(tmp_path / "a").path
    with pytest.raises(UnknownNameError, match="did you mean 'a'") as error:
        resolve("a2", tmp_path)
    assert error.value.known == ["a", "b"]
    with pytest.raises(RequestError, match="holds no finished run"):
        finished_runs(tmp_path / "a")
