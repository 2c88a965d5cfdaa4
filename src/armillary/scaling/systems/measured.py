"""Tables of measured steps: one row per configuration that was timed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from armillary.core.errors import ConfigError, DataError, unknown
from armillary.core.hardware import Accelerator
from armillary.core.units import parse_count
from armillary.scaling.systems.architecture import GPT2_VOCABULARY, Recompute, TransformerShape
from armillary.scaling.systems.calibration import MeasuredStep
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import memory_per_device

# Names of columns in tables made elsewhere, and ours.
ALIASES = {
    "global batch": "global_batch",
    "micro batch": "micro_batch",
    "hidden size": "d_model",
    "attention heads": "n_heads",
    "# layers": "n_layers",
    "sequence length": "context",
    "tensor parallelism": "tensor",
    "data parallelism": "data",
    "pipeline parallelism": "pipeline",
}
NEEDED = ("global_batch", "micro_batch", "d_model", "n_heads", "n_layers", "context")
OPTIONAL = {
    "tensor": 1,
    "data": 1,
    "pipeline": 1,
    "interleave": 1,
    "zero": 0,
    "sequence_parallel": 0,
    "vocab_size": GPT2_VOCABULARY,
}
TIMES = {"seconds": 1.0, "iteration time (s)": 1.0, "iteration time (ms)": 1e-3}


def read_steps(path: Path, accelerator: Accelerator) -> tuple[MeasuredStep, ...]:
    """Read the steps of a CSV, timed on ``accelerator``.

    Columns: d_model, n_layers, n_heads, context, global_batch, micro_batch (batches in sequences) and
    seconds; as they apply tensor, pipeline, data, interleave, zero, sequence_parallel (0 or 1), d_ff,
    vocab_size (GPT-2's where it is not given) and recompute (where it is not given, the least with which
    the step fits the memory, as it must have done).  The names that Megatron's users know ("hidden size",
    "iteration time (ms)") do as well.  DataError names the row that cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            header = [name.strip() for name in reader.fieldnames or ()]
            rows = [{k.strip(): (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    named = {ALIASES.get(name, name): name for name in header}
    time = next((name for name in TIMES if name in header), None)
    lacking = [name for name in NEEDED if name not in named] + ([] if time else ["seconds"])
    if lacking or time is None:
        raise DataError(f"{path}: " + unknown("column", lacking[0], header))
    if not rows:
        raise DataError(f"{path} has a header and no row; a step that was timed is a row")
    steps = []
    for number, row in enumerate(rows, start=1):
        try:
            steps.append(
                _step({ours: row[theirs] for ours, theirs in named.items()}, row[time], time, accelerator)
            )
        except ConfigError as error:
            raise DataError(f"{path}, row {number}: {error}") from error
    return tuple(steps)


def _step(cells: Mapping[str, str], time: str, unit: str, accelerator: Accelerator) -> MeasuredStep:
    sizes = {name: _whole(name, cells[name]) for name in NEEDED}
    sizes |= {name: _whole(name, cells.get(name) or str(usual)) for name, usual in OPTIONAL.items()}
    shape = TransformerShape(
        n_layers=sizes["n_layers"],
        d_model=sizes["d_model"],
        n_heads=sizes["n_heads"],
        d_ff=_whole("d_ff", cells["d_ff"]) if cells.get("d_ff") else 4 * sizes["d_model"],
        vocab_size=sizes["vocab_size"],
        context=sizes["context"],
    )
    layout = Layout(
        tensor=sizes["tensor"],
        pipeline=sizes["pipeline"],
        data=sizes["data"],
        micro_batch=sizes["micro_batch"],
        global_batch=sizes["global_batch"],
        interleave=sizes["interleave"],
        zero=sizes["zero"],
        sequence_parallel=bool(sizes["sequence_parallel"]),
    )
    layout.check(shape)
    layout = _recomputing(shape, layout, cells.get("recompute", ""), accelerator)
    seconds = TIMES[unit] * parse_count(time)
    if seconds <= 0:
        raise ConfigError(f"{unit} = {time} is not above zero")
    cluster = Cluster(accelerator=accelerator, n_devices=layout.n_devices)
    return MeasuredStep(shape=shape, layout=layout, cluster=cluster, seconds=seconds)


def _recomputing(shape: TransformerShape, layout: Layout, told: str, device: Accelerator) -> Layout:
    """Return ``layout`` with the recomputation told, or the least with which it fits: it did run."""
    known: dict[str, Recompute] = {name: name for name in get_args(Recompute)}
    if told and told not in known:
        raise ConfigError(unknown("recomputation", told, known))
    if told:
        return replace(layout, recompute=known[told])
    choices = [replace(layout, recompute=recompute) for recompute in known.values()]
    fitting = (c for c in choices if memory_per_device(shape, c, device.memory).fits)
    return next(fitting, choices[-1])


def _whole(name: str, cell: str) -> int:
    value = parse_count(cell)
    if value < 0 or value != int(value):
        raise ConfigError(f"{name} = {cell} is no whole number")
    return int(value)
