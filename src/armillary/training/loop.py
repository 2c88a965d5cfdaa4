"""The training loop: steps until the budget is used, and what happens between them."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from armillary.core.errors import StoppedError
from armillary.data.base import Split
from armillary.runs.judgement import Judgement
from armillary.runs.run import Run
from armillary.training import checkpoint as checkpoints
from armillary.training.budget import Horizon
from armillary.training.checkpoint import Checkpoint
from armillary.training.config import RunConfig
from armillary.training.divergence import DivergenceWatch
from armillary.training.flops import FlopCounter
from armillary.training.interrupt import Interrupt
from armillary.training.learner import Learner
from armillary.training.logbook import Logbook, Seen
from armillary.training.machine import Heap
from armillary.training.pace import Pace
from armillary.training.parallel import Processes
from armillary.training.progress import TrainingProgress
from armillary.training.schedules import rate

ROWS = 200  # training rows in metrics.jsonl, spread over the budget


class Marks:
    """``count`` moments spread evenly over the budget; the last is its end."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._passed = 0

    def due(self, progress: float) -> bool:
        """Return whether a moment has come since the last call."""
        passed = int(progress * self._count + 1e-9)
        due, self._passed = passed > self._passed, passed
        return due


@dataclass
class Best:
    """The best validation loss so far, the weights that had it, and how many evaluations ago that was."""

    loss: float = math.inf
    weights: Mapping[str, Tensor] = dataclasses.field(default_factory=dict)
    waited: int = 0


class Loop:
    """Trains ``learner`` for ``run`` until ``horizon``.

    At the ``pinned`` steps a checkpoint is saved and kept; ``peak`` is the machine's matmul FLOP/s.

    Every decision is a function of the steps done (of the clock, for a budget in time) and of what a
    checkpoint holds, so that a run that goes on from one cannot tell that it was ever interrupted.
    """

    def __init__(
        self,
        config: RunConfig,
        run: Run,
        learner: Learner,
        horizon: Horizon,
        logbook: Logbook,
        progress: TrainingProgress,
        processes: Processes,
        pinned: frozenset[int] = frozenset(),
        peak: float = math.nan,
    ) -> None:
        self._config, self._run, self._learner, self._horizon = config, run, learner, horizon
        self._logbook, self._progress, self._processes = logbook, progress, processes
        self._pinned, self._peak = pinned, peak
        assert config.batch_size is not None
        assert config.optim.lr is not None
        self._batches = config.task.training_batches(config.batch_size, config.seed)
        self._peak_lr, self._lr = config.optim.lr, 0.0
        self._flops = FlopCounter(config)
        self._rows, self._evaluations = Marks(ROWS), Marks(config.evaluations)
        self._saves = Marks(config.checkpoints)
        self._watch = DivergenceWatch(config)
        self._heap = Heap()
        self._loss = math.nan
        self._recorded = self._saved = 0  # steps at which that was last done
        self.seen = Seen()
        self.best = Best()

    def run(self) -> None:
        """Train to the end of the budget, or until patience runs out.

        Raises DivergenceError, CheckpointError when the disk refuses, and StoppedError on Ctrl-C, after
        saving.
        """
        self._pace = Pace(self.seen, self._share(), self._peak)
        self._origin = time.perf_counter() - self.seen.seconds
        with Interrupt() as interrupt:
            while True:
                progress = self._share()
                self._between_steps(progress, interrupt)
                if progress >= 1.0 or self._out_of_patience():
                    return
                self._step(progress)
                self.seen.seconds = self._clock()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from ``checkpoint`` at the next ``run``."""
        values, path = checkpoint.values, checkpoints.path_of(self._run.path, checkpoint.step)
        self._learner.restore(checkpoint, path)
        self.seen = Seen(**values["seen"])
        if "best" in checkpoint.tensors:
            self.best = Best(values["best_loss"], checkpoint.tensors["best"], values["waited"])
        self._watch.first = values["first_loss"]
        self._recorded = self._saved = self.seen.step
        for marks in (self._rows, self._evaluations, self._saves):
            marks.due(self._share())

    def evaluate(self, split: Split) -> dict[str, float]:
        """Return the metrics of the model as it stands, and write them down."""
        task = self._config.task
        judgement = self._measured(split, lambda model: Judgement(split, task.evaluate(model, split)))
        return dict(judgement.metrics)

    def judge(self, split: Split) -> Judgement:
        """Return the judgement of the model as it stands, outputs included; write its metrics down."""
        return self._measured(split, lambda model: self._config.task.judge(model, split))

    def _measured(self, split: Split, measure: Callable[[nn.Module], Judgement]) -> Judgement:
        with self._learner.judged() as model:
            judgement = self._processes.same(measure(model))
        self._logbook.row(self.seen, split, judgement.metrics)
        return judgement

    def _step(self, progress: float) -> None:
        step = self.seen.step
        self._lr = self._peak_lr * rate(self._config.schedule, step, progress)
        batch = self._batches[step]
        self._learner.step(step, self._lr, batch)
        self.seen.count(batch, self._flops(batch))

    def _between_steps(self, progress: float, interrupt: Interrupt) -> None:
        """Do what is due at ``progress``; StoppedError when the user interrupts."""
        record = self._rows.due(progress) or self.seen.step == 1  # the loss of a model that knows nothing
        save = self._saves.due(progress) or self.seen.step in self._pinned
        evaluate = self._evaluations.due(progress) and (progress < 1.0 or self._config.patience > 0)
        stop = self._stop_asked(interrupt, record)
        if record or evaluate or save or stop:
            start = time.perf_counter()
            self._record()
            if evaluate:
                self._judge()
            if save or stop:
                self._save()
            if stop:
                raise StoppedError(self._how_to_go_on())
            self._pace.pause(time.perf_counter() - start)
        elif self._progress.shows and self._pace.due(self.seen.seconds):
            self._progress.update(self._pace.report(self.seen, progress, self._loss, self._config.task.unit))

    def _record(self) -> None:
        """Write down the loss since the last record, and make sure that training still makes sense."""
        if self.seen.step == self._recorded:
            return
        self._loss, norm = self._learner.read()
        self._watch.look(self.seen.step, self._loss, norm, self._lr)
        self._logbook.row(self.seen, "train", {"lr": self._lr, "loss": self._loss, "grad_norm": norm})
        self._recorded = self.seen.step
        self._heap.look()

    def _judge(self) -> None:
        """Evaluate, and keep a picture where there is one; with patience, keep the best weights."""
        judgement = self._measured("validation", self._config.task.validate)
        loss = judgement.metrics["loss"]
        self._progress.say(f"step {self.seen.step}: validation loss {loss:.4f}")
        for picture in judgement.files.values() if self._processes.first else ():
            self._run.add_picture(self.seen.step, picture)
        if not self._config.patience:
            return
        if loss < self.best.loss:
            self.best = Best(loss, self._learner.weights())
        else:
            self.best.waited += 1

    def _out_of_patience(self) -> bool:
        return 0 < self._config.patience <= self.best.waited

    def _save(self) -> None:
        if self.seen.step == self._saved:
            return
        groups, carried = self._learner.groups()
        values = {
            "seen": dataclasses.asdict(self.seen),
            "first_loss": self._watch.first,
            "best_loss": self.best.loss if self.best.weights else None,  # JSON has no infinity
            "waited": self.best.waited,
            "carried": carried,
            "records": sum(1 for _ in self._run.metrics()),
        }
        if self.best.weights:
            groups["best"] = dict(self.best.weights)
        if self._processes.first:
            checkpoints.save(self._run.path, Checkpoint(self.seen.step, values, groups))
            checkpoints.prune(self._run.path, self._pinned)
        self._saved = self.seen.step

    def _share(self) -> float:
        return self._horizon.progress(self.seen.step, self.seen.seconds)

    def _clock(self) -> float:
        """Return the seconds trained so far; where they decide anything, all processes agree on them."""
        seconds = time.perf_counter() - self._origin
        return seconds if self._horizon.steps is not None else self._processes.same(seconds)

    def _stop_asked(self, interrupt: Interrupt, agree: bool) -> bool:
        """Return whether to stop; several processes agree on it at the moments when they wait anyway."""
        if self._processes.count == 1:
            return interrupt.asked
        return agree and self._processes.any(interrupt.asked)

    def _how_to_go_on(self) -> str:
        return (
            f"stopped after step {self.seen.step}, which is saved; "
            f"go on with: armillary train --resume {self._run.path}"
        )
