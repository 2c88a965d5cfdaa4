"""Post-training quantization: a finished run with its weights rounded, packed, and judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.core.files import atomic_path
from armillary.inference import Model, open_model
from armillary.models.quantization import FakeQuantization, Quantization
from armillary.runs.judgement import Judgement
from armillary.runs.run import Run, Summary
from armillary.training.finished import write_model
from armillary.training.weights import distinct


def quantize(run: Run | Path, scheme: Quantization, out: Path) -> Run:
    """Make at ``out`` the run that ``run`` would be, had its weights been rounded after the last step.

    It is judged anew on the validation and the test split; what training took, compute and time included,
    is what it took to train ``run``, its parent.  Only a whole run appears at ``out``.

    Raises RequestError when ``run`` has not finished or is quantized already, when ``out`` holds something,
    or a weight is not finite, and as ``open_model`` and the evaluation of the task.
    """
    model = open_model(run)
    _check(model, out)
    config = model.config.replace(task=model.task, quantization=scheme.replace(aware=False))
    weights = {name: tensor.clone() for name, tensor in distinct(model.module.state_dict()).items()}
    with atomic_path(out) as part:
        made = Run.create(part, config.to_dict(), parent=model.run.path)
        with FakeQuantization(model.module, scheme).applied():
            validation, test = model.evaluate("validation"), model.judge("test")
        summary = _summary(model.run.summary, validation, test)
        _log(made, summary, validation, test)
        write_model(made, config, weights, test, summary)
    return Run.open(out)


def _check(model: Model, out: Path) -> None:
    """Raise RequestError when ``model`` cannot be quantized, or not to ``out``."""
    if (scheme := model.config.quantization) is not None:
        raise RequestError(
            f"{model.run.path} is quantized already ({scheme.label}), and rounding twice loses twice; "
            f"quantize the run that it was made from{f', {model.run.parent}' if model.run.parent else ''}"
        )
    if out.exists():
        raise RequestError(f"{out} exists already; delete it, or name another folder with --out")


def _summary(parent: Summary, validation: Mapping[str, float], test: Judgement) -> Summary:
    metrics = {**validation, **{f"test/{name}": value for name, value in test.metrics.items()}}
    return replace(parent, loss=validation["loss"], metrics=metrics)


def _log(run: Run, summary: Summary, validation: Mapping[str, float], test: Judgement) -> None:
    """Write down what was measured, at the end of the parent's training."""
    seen = {
        "n_examples": summary.n_examples,
        "n_tokens": summary.n_tokens,
        "train_flops": summary.train_flops,
        "seconds": summary.seconds,
    }
    for split, metrics in (("validation", validation), ("test", test.metrics)):
        run.log(split=split, **seen, **metrics)
