import dataclasses
import itertools
import json
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import safetensors.torch
import torch

from armillary.core.errors import ConfigError, DivergenceError, RequestError, StoppedError
from armillary.runs.run import Run
from armillary.training import checkpoint as checkpoints
from armillary.training.config import RunConfig
from armillary.training.loop import Marks
from armillary.training.progress import Report, Silent
from armillary.training.trainer import train


class Told(Silent):
    """Remembers what it was told, and does something at a certain step."""

    shows = True

    def __init__(self, at: int = -1, action=None) -> None:
        self.reports: list[Report] = []
        self.lines: list[str] = []
        self._at, self._action = at, action

    def update(self, report: Report) -> None:
        self.reports.append(report)
        if report.step == self._at:
            self._action()

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(autouse=True)
def _every_step_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.training.pace.SHOW_EVERY", 0.0)
    monkeypatch.setattr("armillary.training.trainer.matmul_peak", lambda *_: 1e11)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(run.path / "model.safetensors")


def same(a: Run, b: Run) -> bool:
    return (a.path / "model.safetensors").read_bytes() == (b.path / "model.safetensors").read_bytes()


def rows(run: Run, split: str) -> list[dict]:
    return [row for row in run.metrics() if row["split"] == split]


def test_a_run_learns_and_leaves_everything_that_others_need(toy, tmp_path: Path) -> None:
    run = train(toy(budget="80 steps"), tmp_path / "run")
    summary = Run.open(run.path).summary
    assert summary.n_examples == 80 * 4
    assert summary.n_tokens == 80 * 4 * 6
    assert summary.unit == "token"
    assert summary.loss == summary.metrics["loss"] < 2.1  # log 11 = 2.4 is guessing
    assert summary.metrics["test/accuracy"] > 0.3
    assert summary.train_flops == rows(run, "train")[-1]["train_flops"] > 0
    assert json.loads((run.path / "config.json").read_text())["model_type"] == "armillary-toy-model"
    assert json.loads((run.path / "toy.json").read_text()) == {"vocabulary": 11}
    assert "out.weight" not in weights(run)  # tied


def test_the_rows_say_how_it_went(toy, tmp_path: Path) -> None:
    run = train(toy(), tmp_path / "run")
    learning, validation = rows(run, "train"), rows(run, "validation")
    assert [row["step"] for row in learning] == list(range(1, 25))
    assert learning[2]["lr"] == 0.02
    assert learning[-1]["lr"] < 0.004
    assert all(a["seconds"] <= b["seconds"] for a, b in itertools.pairwise(learning))
    assert {"n_examples", "n_tokens", "train_flops", "loss", "grad_norm"} <= set(learning[0])
    assert [row["step"] for row in validation] == [12, 24]
    assert [row["step"] for row in rows(run, "test")] == [24]


def test_the_run_remembers_what_was_derived(toy, tmp_path: Path) -> None:
    run = train(toy(optim__lr=None, batch_size=None), tmp_path / "run")
    config = RunConfig.from_dict(run.config)
    assert config.optim.lr is not None
    assert config.optim.beta2 is not None
    assert config.batch_size is not None
    assert config.precision == "32-true"
    assert config.model.signature.vocab_size == 11


def test_the_seed_decides_the_weights(toy, tmp_path: Path) -> None:
    one, again, other = (train(toy(seed=seed), tmp_path / str(i)) for i, seed in enumerate([1, 1, 2]))
    assert same(one, again)
    assert not same(one, other)


def test_evaluations_and_checkpoints_do_not_touch_the_weights(toy, tmp_path: Path) -> None:
    often = train(toy(evaluations=6, checkpoints=8), tmp_path / "often")
    never = train(toy(evaluations=0, checkpoints=0), tmp_path / "never")
    assert same(often, never)
    assert checkpoints.steps_of(never.path) == []


def test_parts_of_a_batch_add_up_to_the_batch(toy, plain: dict, tmp_path: Path) -> None:
    whole = train(toy(**plain, budget="6 steps"), tmp_path / "whole")
    parts = train(toy(**plain, budget="6 steps", accumulate=2), tmp_path / "parts")
    for name, tensor in weights(whole).items():
        torch.testing.assert_close(weights(parts)[name], tensor, rtol=1e-3, atol=1e-5)


def test_the_averaged_weights_are_evaluated_and_saved(toy, tmp_path: Path) -> None:
    plain, averaged = train(toy(), tmp_path / "plain"), train(toy(ema=0.9), tmp_path / "averaged")
    last = checkpoints.load(checkpoints.path_of(averaged.path, 24))
    assert all(torch.equal(tensor, last.tensors["ema"][name]) for name, tensor in weights(averaged).items())
    assert all(torch.equal(tensor, last.tensors["model"][name]) for name, tensor in weights(plain).items())
    assert plain.summary.loss != averaged.summary.loss


def test_patience_stops_early_and_keeps_the_best_weights(toy, tmp_path: Path, monkeypatch) -> None:
    losses = iter([3.0, 1.0, 2.0, 2.0, 1.0, 1.0])  # the last two: the best weights, measured at the end
    monkeypatch.setattr(type(toy().task), "evaluate", lambda *_: {"loss": next(losses)})
    run = train(toy(patience=2, evaluations=6, checkpoints=24), tmp_path / "run", checkpoint_steps=[8])
    assert rows(run, "train")[-1]["step"] == 16
    best = checkpoints.load(checkpoints.path_of(run.path, 8))
    assert all(torch.equal(tensor, best.tensors["model"][name]) for name, tensor in weights(run).items())


def test_a_loss_that_is_not_finite_stops_training_and_says_what_to_try(
    toy, tmp_path: Path, monkeypatch
) -> None:
    calls = iter(range(100))  # the first is that of counting FLOP
    loss = type(toy().task).loss

    def poisoned(self, model, batch, state=None):
        value, state = loss(self, model, batch, state)
        return (value * float("nan") if next(calls) == 10 else value), state

    monkeypatch.setattr(type(toy().task), "loss", poisoned)
    with pytest.raises(
        DivergenceError, match=r"step 10 .*loss .* at step 9.*optim.lr=0.0067.*warmup=100.*clip=0.33"
    ):
        train(toy(), tmp_path / "run")
    assert checkpoints.steps_of(tmp_path / "run") == [6]
    assert not Run.open(tmp_path / "run").finished


def test_a_loss_that_runs_away_stops_training(toy, tmp_path: Path) -> None:
    with pytest.raises(DivergenceError, match="ran away"):
        train(toy(optim__lr=30.0, optim__clip=0, schedule__warmup=0, budget="400 steps"), tmp_path / "run")


def test_a_budget_in_time_ends_with_the_clock(toy, tmp_path: Path, monkeypatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr("armillary.training.loop.time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    run = train(toy(budget="1m", evaluations=0, checkpoints=0), tmp_path / "run")
    learning = rows(run, "train")
    assert learning[-2]["seconds"] < 60 <= learning[-1]["seconds"] == run.summary.seconds
    assert learning[0]["lr"] < learning[3]["lr"] == 0.02 > learning[-1]["lr"]


def test_where_a_run_is_already_none_is_started(toy, tmp_path: Path) -> None:
    train(toy(), tmp_path / "run")
    with pytest.raises(RequestError, match="holds a run already"):
        train(toy(), tmp_path / "run")


def test_progress_is_told_speed_and_time_left(toy, tmp_path: Path) -> None:
    told = Told()
    train(toy(budget="250 steps"), tmp_path / "run", progress=told)
    report = told.reports[-1]
    assert 0 < report.progress < 1
    assert report.flops_per_second / report.tokens_per_second == pytest.approx(93568 / 24)
    assert report.seconds_left > 0
    assert report.loss > 0
    assert told.lines[0] == "n_train 600, n_validation 600, n_test 600"
    assert "validation loss" in told.lines[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_saves_and_says_how_to_go_on(toy, tmp_path: Path, number: int) -> None:
    config = toy(budget="40 steps", checkpoints=0)
    before = signal.getsignal(number)
    told = Told(at=0, action=lambda: signal.raise_signal(number))
    with pytest.raises(StoppedError, match=r"after step 1, which is saved.*armillary train --resume"):
        train(config, tmp_path / "run", progress=told)
    assert checkpoints.steps_of(tmp_path / "run") == [1]
    assert signal.getsignal(number) == before
    resumed = train(config, tmp_path / "run", resume=True)
    assert same(resumed, train(config, tmp_path / "whole"))


def test_outside_the_main_thread_signals_are_left_alone(toy, tmp_path: Path) -> None:
    thread = threading.Thread(target=train, args=(toy(), tmp_path / "run"))
    thread.start()
    thread.join()
    assert Run.open(tmp_path / "run").finished


def test_tensorboard_files_appear_when_asked(toy, tmp_path: Path) -> None:
    train(toy(tensorboard=True), tmp_path / "run")
    (events,) = (tmp_path / "run" / "tensorboard").iterdir()
    assert b"validation/accuracy" in events.read_bytes()


def test_the_model_card_is_complete(toy, tmp_path: Path) -> None:
    run = train(toy(), tmp_path / "run")
    card = (run.path / "README.md").read_text()
    for part in ("CC0-1.0", "Made up for a test.", "752", "FLOP", '"seed": 0', f"{run.summary.loss:.5g}"):
        assert part in card
    assert str(tmp_path) not in card


@pytest.mark.parametrize("accelerator", ["tpu", "abacus"])
def test_an_accelerator_that_is_not_there_is_an_error(toy, tmp_path: Path, accelerator: str) -> None:
    with pytest.raises(ConfigError, match=f"accelerator={accelerator}"):
        train(toy(accelerator=accelerator), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_marks_come_at_even_distances_and_once() -> None:
    marks = Marks(4)
    due = [step for step in range(11) if marks.due(step / 10)]
    assert due == [3, 5, 8, 10]
    none = Marks(0)
    assert not any(none.due(step / 10) for step in range(11))


def test_compiled_models_have_plain_names(toy, tmp_path: Path, monkeypatch) -> None:
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: compiled.append(self))
    run = train(toy(compile=True), tmp_path / "run")
    assert len(compiled) == 1
    assert set(weights(run)) == set(weights(train(toy(), tmp_path / "plain")))


def test_the_configuration_on_disk_makes_the_same_weights_again(toy, tmp_path: Path) -> None:
    run = train(toy(), tmp_path / "run")
    again = train(RunConfig.from_dict(run.config), tmp_path / "again")
    assert same(run, again)
    assert dataclasses.asdict(run.summary)["metrics"] == dataclasses.asdict(again.summary)["metrics"]
