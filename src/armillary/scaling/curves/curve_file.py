"""A file of fitted curves, so that `armillary extrapolate FIT --x X` answers without fitting again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.core.files import read_json, write_json
from armillary.scaling.curves.blend import BlendRecord, CurveFit, LawRecord
from armillary.scaling.curves.curve import Curve
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Dropped

CURVE_FORMAT = "curves-2"


def save_curve_fits(fits: Sequence[CurveFit], path: Path) -> None:
    """Write fitted curves to ``path``, atomically."""
    write_json(path, {"format": CURVE_FORMAT, "curves": [_to_dict(fit) for fit in fits]})


def holds_curve_fits(path: Path) -> bool:
    """Return whether ``path`` is what ``save_curve_fits`` wrote."""
    if not path.is_file():
        return False
    data = read_json(path)
    return isinstance(data, dict) and data.get("format") == CURVE_FORMAT


def load_curve_fits(path: Path) -> tuple[CurveFit, ...]:
    """Read what ``save_curve_fits`` wrote.  CheckpointError when the file is damaged or something else."""
    if not holds_curve_fits(path):
        raise CheckpointError(
            f"{path} holds no fitted curves; make it with: armillary fit TABLE --out {path}"
        )
    try:
        return tuple(_from_dict(curve) for curve in read_json(path)["curves"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error!r}); make it again with: armillary fit") from error


def choose_curve(fits: Sequence[CurveFit], name: str | None) -> CurveFit:
    """Return the fit of the curve called ``name``, which may be left out when there is only one."""
    known = {fit.curve.name: fit for fit in fits}
    if name is None and len(fits) != 1:
        raise RequestError(f"there are {len(fits)} curves ({', '.join(known)}); choose one with --family")
    if name is None:
        return fits[0]
    if name not in known:
        raise UnknownNameError("fitted curve", name, known)
    return known[name]


def _to_dict(fit: CurveFit) -> dict[str, Any]:
    curve = fit.curve
    arrays = {f: getattr(curve, f).tolist() for f in ("x", "y", "held_out_x", "held_out_y")}
    return {
        "name": curve.name,
        **arrays,
        "dropped": [dataclasses.asdict(row) for row in curve.dropped],
        "rising": fit.rising,
        "noise": fit.noise,
        "record": dataclasses.asdict(fit.record),
        "laws": [_law_to_dict(record) for record in fit.records],
    }


def _law_to_dict(record: LawRecord) -> dict[str, Any]:
    return {
        "law": record.name,
        "weight": record.weight,
        "rmsle": record.rmsle,
        "parameters": record.law.to_dict(),
        "draws": {name: np.ravel(column).tolist() for name, column in record.draws.to_dict().items()},
    }


def _from_dict(data: Mapping[str, Any]) -> CurveFit:
    arrays = {f: np.array(data[f], dtype=np.float64) for f in ("x", "y", "held_out_x", "held_out_y")}
    dropped = tuple(Dropped(**row) for row in data["dropped"])
    return CurveFit(
        curve=Curve(name=data["name"], **arrays, dropped=dropped),
        rising=data["rising"],
        noise=data["noise"],
        record=BlendRecord(**data["record"]),
        records=tuple(_law_from_dict(law) for law in data["laws"]),
    )


def _law_from_dict(data: Mapping[str, Any]) -> LawRecord:
    kind = LAWS[data["law"]]
    draws = kind(**{name: np.array(column)[:, None] for name, column in data["draws"].items()})
    return LawRecord(law=kind(**data["parameters"]), weight=data["weight"], rmsle=data["rmsle"], draws=draws)
