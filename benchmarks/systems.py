"""FLOP, days, device-hours and step times against what papers and measurements say.

Needs no data of yours for what papers report; ``--data`` takes measured steps of A100 (the 1,440 single-node
configurations of vTrain, arXiv:2312.12391, or your own), ``--runs`` a table of published runs with columns
run, params, tokens, gpus, gpu_type, gpu_hours, status.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from armillary.core.hardware import accelerator
from armillary.scaling.systems.architecture import Kind, flops_by_parameters
from armillary.scaling.systems.calibration import MeasuredStep, calibrate
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.efficiency import DEFAULT, Efficiency
from armillary.scaling.systems.measured import read_steps
from armillary.scaling.systems.step import step_time
from armillary.scaling.systems.training import TrainingEstimate, plan_training
from benchmarks.published import (
    APPENDIX_D,
    DAYS,
    Iteration,
    megatron_iterations,
    narayanan_iterations,
    zero_iterations,
)

FITTED = ("matmul", "kernel", "collective", "host", "host_collective", "unaligned")
CONTEXT = {"Llama-2": 4096, "Llama-3": 8192, "DeepSeek": 4096}  # tokens; 2,048 of the others
TOLD = {"OPT-175B": 992, "BLOOM-176B": 384}  # devices: arXiv:2205.01068, arXiv:2211.05100
FLEETS = ((30e9, 2048), (10e9, 1024), (0.0, 256))  # devices where a row tells none, by parameters


@dataclass
class Tables:
    """What was compared, as tables."""

    parts: list[str] = field(default_factory=list)

    def add(self, title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table; floats are shown with four digits."""
        shown = [[f"{c:.4g}" if isinstance(c, float) else str(c) for c in row] for row in rows]
        lines = ["|".join(("", *cells, "")) for cells in (header, ["---"] * len(header), *shown)]
        self.parts.append(f"### {title}\n\n" + "\n".join(lines) + "\n")

    def markdown(self) -> str:
        """Return all tables."""
        return "\n".join(self.parts)


def main(options: Sequence[str] = ()) -> Tables:
    """Compare with everything that there is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks systems")
    parser.add_argument("--data", type=Path, help="CSV of measured steps on A100 80GB")
    parser.add_argument("--runs", type=Path, help="CSV of published training runs")
    asked = parser.parse_args(options)
    tables = Tables()
    _compute(tables)
    _days(tables)
    _iterations(tables)
    if asked.data:
        _steps(tables, read_steps(asked.data, accelerator("A100")))
    if asked.runs:
        _runs(tables, asked.runs)
    return tables


def _compute(tables: Tables) -> None:
    rows = []
    for name, (millions, billions, published) in APPENDIX_D.items():
        kind: Kind = "encoder-decoder" if name.startswith("T5") else "decoder"
        ours = flops_by_parameters(millions * 1e6, billions * 1e9, kind)
        rows.append((name, published, ours, _percent(ours / published - 1)))
    tables.add("Training FLOP (Brown et al. 2020, appendix D)", ("model", "paper", "ours", "error"), rows)


def _days(tables: Tables) -> None:
    """8 T P / (n X): six for the model, two for recomputing its forward pass."""
    rows = []
    for name, (n_params, n_tokens, devices, rate, days) in DAYS.items():
        flops = flops_by_parameters(n_params, n_tokens) * 4 / 3
        ours = flops / (devices * rate) / 86400
        rows.append((name, days, ours, _percent(ours / days - 1)))
    tables.add("Days at the rate told (Narayanan et al. 2021)", ("model", "paper", "ours", "error"), rows)


def _iterations(tables: Tables) -> None:
    header = ("configuration", "devices", "seconds", "ours", "error")
    tables.add("Megatron (Korthikanti et al. 2022, table 5)", header, _errors(megatron_iterations()))
    tables.add("ZeRO 3 (Narayanan et al. 2021, table 2)", header, _errors(zero_iterations()))
    fastest = [min(choices, key=_ours) for choices in narayanan_iterations().values()]
    title = "Megatron on several nodes (Narayanan et al. 2021, table 1; micro-batch not told, our fastest)"
    tables.add(title, header, _errors(fastest))


def _ours(step: Iteration | MeasuredStep, efficiency: Efficiency = DEFAULT) -> float:
    return step_time(step.shape, step.layout, step.cluster, efficiency=efficiency).total


def _errors(iterations: Sequence[Iteration]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    errors = []
    for step in iterations:
        ours = _ours(step)
        errors.append(ours / step.seconds - 1)
        rows.append((step.name, step.layout.n_devices, step.seconds, ours, _percent(errors[-1])))
    rows.append(("mean of absolute errors", "", "", "", _percent(float(np.abs(errors).mean()), sign="")))
    return rows


def _steps(tables: Tables, steps: Sequence[MeasuredStep]) -> None:
    """Errors of step times: with the constants as they are, and with some fitted to the other models."""
    measured = np.array([step.seconds for step in steps])
    sizes = [(step.shape.d_model, step.shape.n_layers) for step in steps]
    widths = [step.shape.d_model for step in steps]
    pure = np.array([_ours(step) for step in steps])
    rows = [
        ("analytic, constants of the package", pure / measured - 1),
        ("one constant, from the other sizes", _left_out(steps, sizes, _one_constant)),
        ("all six constants, from the other sizes", _left_out(steps, sizes, _six_constants)),
        ("one constant, from the other widths", _left_out(steps, widths, _one_constant)),
        ("all six constants, from the other widths", _left_out(steps, widths, _six_constants)),
    ]
    shown = [
        (
            name,
            _percent(float(np.abs(errors).mean()), sign=""),
            _percent(float(np.median(errors))),
            _percent(float(np.quantile(np.abs(errors), 0.9)), sign=""),
        )
        for name, errors in rows
    ]
    header = ("step time of", "mean absolute error", "median error", "90% are within")
    tables.add(f"{len(steps)} measured steps", header, shown)
    tensor = np.array([step.layout.tensor for step in steps])
    by_tensor = [
        (
            int(n),
            int((tensor == n).sum()),
            _percent(float(np.abs(pure / measured - 1)[tensor == n].mean()), sign=""),
        )
        for n in np.unique(tensor)
    ]
    tables.add("By tensor parallelism", ("devices", "steps", "mean absolute error"), by_tensor)


Fitter = Callable[[Sequence[MeasuredStep]], Callable[[MeasuredStep], float]]


def _left_out(steps: Sequence[MeasuredStep], groups: Sequence[object], fitter: Fitter) -> np.ndarray:
    """Return relative errors of each group, predicted from the others."""
    errors = np.zeros(len(steps))
    for group in set(groups):
        held = [i for i, other in enumerate(groups) if other == group]
        rest = [step for step, other in zip(steps, groups, strict=True) if other != group]
        if not rest:
            return np.full(len(steps), np.nan)
        predict = fitter(rest)
        errors[held] = [predict(steps[i]) / steps[i].seconds - 1 for i in held]
    return errors


def _one_constant(steps: Sequence[MeasuredStep]) -> Callable[[MeasuredStep], float]:
    slowdown = calibrate(steps).slowdown
    return lambda step: slowdown * _ours(step)


def _six_constants(steps: Sequence[MeasuredStep]) -> Callable[[MeasuredStep], float]:
    start = np.log([getattr(DEFAULT, name) for name in FITTED])

    def efficiency(theta: np.ndarray) -> Efficiency:
        return replace(DEFAULT, **dict(zip(FITTED, np.exp(theta).tolist(), strict=True)))

    def residuals(theta: np.ndarray) -> np.ndarray:
        constants = efficiency(theta)
        return np.array([np.log(_ours(step, constants) / step.seconds) for step in some])

    some = steps[::3]  # every third is enough for six constants
    found = efficiency(
        least_squares(residuals, start, diff_step=[1e-3] * len(FITTED), loss="soft_l1", f_scale=0.2).x
    )
    return lambda step: _ours(step, found)


@dataclass(frozen=True)
class Prediction:
    """A published run beside what is planned for it."""

    run: dict[str, str]
    hours: float
    n_devices: int
    planned: TrainingEstimate

    @property
    def error(self) -> float:
        """Relative error of the device-hours."""
        return self.planned.device_hours.value / self.hours - 1

    @property
    def inside(self) -> bool:
        """Whether the interval holds the record."""
        return self.hours in self.planned.device_hours.interval

    @property
    def over_model(self) -> float:
        """Logarithm of the record over the step-time model."""
        return float(np.log(self.hours / self.planned.device_hours.value * self.planned.calibration.slowdown))

    def row(self) -> tuple[object, ...]:
        """Return it as a row."""
        n_params, n_tokens = float(self.run["params"]), float(self.run["tokens"])
        peak = self.planned.cluster.accelerator.peak()
        implied = flops_by_parameters(n_params, n_tokens) / (self.hours * 3600 * peak)
        told = self.run["gpus"] or self.run["run"] in TOLD
        return (
            self.run["run"],
            self.n_devices if told else f"{self.n_devices} (assumed)",
            f"{self.hours:,.0f}",
            f"{self.planned.device_hours.value:,.0f}",
            _percent(self.error),
            "yes" if self.inside else "no",
            _percent(implied, sign=""),
            _percent(self.planned.utilisation.value, sign=""),
            self.run["status"],
        )


def _predicted(run: dict[str, str]) -> Prediction:
    n_params = float(run["params"])
    told = run["gpus"] or TOLD.get(run["run"])
    n_devices = int(told or next(n for least, n in FLEETS if n_params >= least))
    context = next((n for name, n in CONTEXT.items() if run["run"].startswith(name)), 2048)
    cluster = Cluster.of(run["gpu_type"].split("-")[0], n_devices)
    planned = plan_training(n_params, float(run["tokens"]), cluster, context=context)
    return Prediction(run, float(run["gpu_hours"]), n_devices, planned)


def _runs(tables: Tables, path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["gpu_hours"] and row["tokens"]]
    predictions = [_predicted(row) for row in rows]
    seen = [prediction for prediction in predictions if prediction.run["status"] == "seen"]
    error = _percent(float(np.mean([abs(p.error) for p in seen])), sign="")
    inside = f"{sum(p.inside for p in seen)} of {len(seen)}"
    mean = ("mean of absolute errors, seen", "", "", "", error, inside, "", "", "")
    tables.add(
        "Published runs, default calibration",
        ("run", "devices", "device-hours", "ours", "error", "in our 90%", "6ND/peak", "our MFU", "status"),
        [*(p.row() for p in predictions), mean],
    )
    logs = np.array([p.over_model for p in seen])
    left_out = [np.median(np.delete(logs, i)) - log for i, log in enumerate(logs)]
    others = _percent(float(np.abs(np.expm1(left_out)).mean()), sign="")
    tables.add(
        "Runs over the model's steps, seen",
        ("median", "sd of the logarithm", "runs", "mean error, each from the others"),
        [(float(np.exp(np.median(logs))), float(logs.std(ddof=1)), len(logs), others)],
    )


def _percent(share: float, sign: str = "+") -> str:
    return f"{share:{sign}.1%}"
