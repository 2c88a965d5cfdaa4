"""Weights in few bits: a run whose file is small, judged as its parent was."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from armillary.core.errors import RequestError
from armillary.core.files import atomic_path, read_json, write_text
from armillary.inference import Model, compare, kept_judgement, open_model
from armillary.models.quantization import Quantization, packed, unpacked
from armillary.runs.judgement import Judgement, PairedRuns, write_judgement
from armillary.runs.run import Run, Summary
from armillary.training.card import model_card
from armillary.training.config import RunConfig
from armillary.training.finished import WEIGHTS
from armillary.training.weights import load_weights, read_tensors, write_tensors

OWN = {"run.json", "summary.json", "metrics.jsonl", "README.md", "report.html", "baselines.json", WEIGHTS}


@dataclass(frozen=True)
class Small:
    """What quantization gave and cost.  A score is the task's headline metric on the test split."""

    run: str  # the folder of the run that was made
    parent: str  # the folder of the run it was made from
    scheme: str  # int8, int4, int2, ternary or binary
    n_bytes: int  # of the file of weights
    parent_bytes: int  # of the parent's
    bits_per_weight: float  # of that file, scales and all
    loss: float  # nats per unit on the test split
    parent_loss: float  # nats per unit: of the parent, on the same split
    metric: str  # the headline metric's name
    score: float  # the headline metric on the test split
    low: float | None  # 95% interval over examples; null: the task gives none
    high: float | None  # the upper end
    parent_score: float  # of the parent, on the same split
    paired: PairedRuns | None  # the difference on the same examples; null: the task keeps no outputs


def quantize(run: Run | Path, quantization: Quantization, out: Path) -> Small:
    """Make ``out`` a run like ``run`` with its weights in few bits, judge it, and return what that cost.

    The file is read back into numbers of 32 bits: it is smaller, an answer takes the time it took.
    Raises RequestError when ``run`` has not finished or is in few bits already, or when ``out`` holds a run;
    CheckpointError when a file is missing or the disk refuses.
    """
    parent = open_whole(run)
    if (out / "run.json").exists():
        raise RequestError(f"{out} holds a run already; choose another with --out")
    weights = packed_weights(parent, quantization)
    with_weights(parent, weights)
    validation, judgement = parent.evaluate("validation"), parent.judge("test")
    return _written(parent, quantization, weights, (validation, judgement), out)


def open_whole(run: Run | Path) -> Model:
    """Open a run whose weights are whole numbers of bits; RequestError when they were made small already."""
    model = open_model(run)
    if model.config.quantization is not None:
        raise RequestError(
            f"{model.run.path} is quantized already ({model.config.quantization.scheme}); "
            f"quantize the run it was made from: {model.run.parent}"
        )
    return model


def packed_weights(model: Model, quantization: Quantization) -> dict[str, Tensor]:
    """Return the weights of a run's file in few bits."""
    tables = {
        f"{name}.weight" for name, each in model.module.named_modules() if isinstance(each, nn.Embedding)
    }
    return packed(read_tensors(model.run.path / WEIGHTS), quantization, tables)


def with_weights(model: Model, weights: dict[str, Tensor]) -> None:
    """Give the module of ``model`` the numbers that packed weights stand for."""
    load_weights(model.module, unpacked(weights), model.run.path / WEIGHTS)


def n_bytes(weights: dict[str, Tensor]) -> int:
    """Return how large a file of ``weights`` is, its header apart."""
    return sum(tensor.numel() * tensor.element_size() for tensor in weights.values())


def _written(
    parent: Model,
    quantization: Quantization,
    weights: dict[str, Tensor],
    measured: tuple[dict[str, float], Judgement],
    out: Path,
) -> Small:
    """Write the run, all that was measured known, so that what is killed leaves next to nothing."""
    validation, judgement = measured
    config: RunConfig = parent.config.replace(quantization=quantization)
    run = Run.create(out, config.to_dict(), parent.run.path)
    for file in sorted(parent.run.path.iterdir()):
        if file.is_file() and file.name not in OWN:
            shutil.copyfile(file, out / file.name)
    with atomic_path(out / WEIGHTS) as part:
        write_tensors(part, weights)
    if judgement.examples:
        write_judgement(run, judgement)
    metrics = {**validation, **{f"test/{name}": value for name, value in judgement.metrics.items()}}
    summary = dataclasses.replace(parent.run.summary, loss=validation["loss"], metrics=metrics)
    counts = read_json(out / "data.json")["counts"]
    write_text(out / "README.md", model_card(run, config, summary, counts))
    run.finish(summary)
    return _small(run, parent, judgement, summary)


def _small(run: Run, parent: Model, judgement: Judgement, summary: Summary) -> Small:
    metric = parent.task.headline
    before = {
        name.removeprefix("test/"): value
        for name, value in parent.run.summary.metrics.items()
        if name.startswith("test/")
    }
    paired = None
    if judgement.examples:
        kept = kept_judgement(parent.run)
        before |= kept.metrics
        paired = compare(run, parent.run, judgement, kept)
    size = (run.path / WEIGHTS).stat().st_size
    return Small(
        run=str(run.path),
        parent=str(parent.run.path),
        scheme=RunConfig.from_dict(run.config).quantization.scheme,  # type: ignore[union-attr]
        n_bytes=size,
        parent_bytes=(parent.run.path / WEIGHTS).stat().st_size,
        bits_per_weight=8 * size / summary.n_params,
        loss=judgement.metrics["loss"],
        parent_loss=before["loss"],
        metric=metric,
        score=judgement.metrics[metric],
        low=judgement.metrics.get(f"{metric}_low"),
        high=judgement.metrics.get(f"{metric}_high"),
        parent_score=before[metric],
        paired=paired if paired is not None and paired.scores else None,
    )
