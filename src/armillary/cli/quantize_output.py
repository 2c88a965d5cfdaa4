"""What ``armillary quantize`` makes and says."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from armillary.cli.output import note, table
from armillary.compression import Cost, Reference, Target, smallest
from armillary.compression import quantize as make_quantized
from armillary.core.errors import ConfigError, RequestError, UnknownNameError
from armillary.core.units import format_bytes
from armillary.models.quantization import Bits, Quantization
from armillary.runs.run import Run

DIFFERENCE = "difference", "its 95%", "p"


class Schemes:
    """A run, and the schemes that are asked for."""

    def __init__(self, run: Run, fields: Sequence[str], out: Path | None, *, quiet: bool) -> None:
        if "bits" in (field.partition("=")[0] for field in fields):
            raise ConfigError("name the bits with --bits, of which there may be several")
        self._scheme = Quantization().override(*fields)
        self._run, self._out, self._quiet = run, out, quiet

    def made(self, names: str) -> list[Cost]:
        """Make a run for each of the bits in ``names``, which commas divide, and return what each cost."""
        asked = [_bits(name) for name in dict.fromkeys(part.strip() for part in names.split(","))]
        paths = [self._path(bits, alone=len(asked) == 1) for bits in asked]
        self._check(paths)
        reference = Reference(self._run)
        return [self._make(reference, bits, path) for bits, path in zip(asked, paths, strict=True)]

    def within(self, names: str | None, targets: Sequence[str]) -> tuple[list[Cost], list[Cost]]:
        """Return (the run that is within ``targets``, those that were tried and deleted)."""
        if names is not None:
            raise RequestError("give --bits or --target: a target tries all schemes itself")
        self._check([self._path(bits, alone=True) for bits in get_args(Bits)])
        reference = Reference(self._run)
        parsed = [Target.parse(text, reference.model.task.headline) for text in targets]
        found, tried = smallest(
            parsed,
            lambda bits: self._make(reference, bits, self._path(bits, alone=True)),
            lambda cost: shutil.rmtree(cost.run),
        )
        return [found], tried

    def _make(self, reference: Reference, bits: Bits, path: Path) -> Cost:
        if not self._quiet:
            note(f"{self._run.path} with {self._scheme.replace(bits=bits).label} weights ...")
        return reference.cost(make_quantized(self._run, self._scheme.replace(bits=bits), path))

    def _path(self, bits: Bits, *, alone: bool) -> Path:
        label = self._scheme.replace(bits=bits).label
        if self._out is not None:
            return self._out if alone else self._out / label
        return self._run.path.with_name(f"{self._run.path.resolve().name}-{label}")

    def _check(self, paths: Sequence[Path]) -> None:
        """Raise RequestError before anything is made when one of the runs is there already."""
        for path in paths:
            if path.exists():
                raise RequestError(f"{path} exists already; delete it, or name another folder with --out")


def _bits(name: str) -> Bits:
    if name not in get_args(Bits):
        raise UnknownNameError("number of bits", name, get_args(Bits))
    return cast("Bits", name)


def print_costs(kept: Sequence[Cost], discarded: Sequence[Cost]) -> None:
    """Print the parent and each scheme, and the folders of the runs that were kept."""
    first = kept[0]
    columns = ["scheme", "file", "bits/weight", "loss", first.metric, "95%", *DIFFERENCE, "time"]
    rows = [_parent_row(first), *map(_row, [*discarded, *kept])]
    told = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    table([columns[i] for i in told], [[row[i] for i in told] for row in rows])
    print(
        "\ntime: of a forward pass of one example, over the parent's; in memory both take "
        f"{format_bytes(first.memory_bytes)} of weights"
    )
    print("\n".join(cost.run for cost in kept))


def _parent_row(cost: Cost) -> list[str]:
    size, parameters = cost.parent_file_bytes, cost.n_params
    bits, interval = f"{8 * size / parameters:.2f}", _interval(cost.parent_low, cost.parent_high)
    quality = [f"{cost.parent_loss:.4f}", f"{cost.parent_score:.4g}", interval]
    return ["parent", format_bytes(size), bits, *quality, "", "", "", ""]


def _row(cost: Cost) -> list[str]:
    paired = cost.paired
    difference = ["", "", ""]
    if paired is not None:
        interval = f"[{paired.low:+.4g}, {paired.high:+.4g}]"
        difference = [f"{paired.difference:+.4g}", interval, f"{paired.p_value:.3f}"]
    return [
        cost.scheme,
        format_bytes(cost.file_bytes),
        f"{cost.bits_per_parameter:.2f}",
        f"{cost.loss:.4f}",
        f"{cost.score:.4g}",
        _interval(cost.low, cost.high),
        *difference,
        f"{cost.latency_ratio:.2f}x",
    ]


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None else f"[{low:.4g}, {high:.4g}]"
