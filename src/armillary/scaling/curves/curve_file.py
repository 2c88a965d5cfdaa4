"""A file of fitted curves, so that `armillary extrapolate FIT --x X` answers without fitting again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.core.files import read_json, write_json
from armillary.scaling.curves.blend import BlendRecord, CurveFit, LawRecord
from armillary.scaling.curves.curve import Curve
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Dropped

CURVE_FORMAT = "curves-2"


class SavedCurveLaw(TypedDict):
    """One law of a curve's blend."""

    law: str
    weight: float  # in the blend; weights sum to 1
    rmsle: float | None  # root mean square of ln(predicted / measured) in back-tests; None: it has none
    parameters: dict[str, float]  # of the law of y, or of 1 / y where the curve rises
    draws: dict[str, list[float]]  # parameters of each draw


class SavedCurve(TypedDict):
    """A curve with its laws."""

    curve: str  # its name; empty when the table holds only one
    x: list[float]  # of the points that were fitted
    y: list[float]  # of the points that were fitted
    held_out_x: list[float]  # of the points that were held out
    held_out_y: list[float]  # of the points that were held out
    dropped: Annotated[list[dict[str, Any]], list[Dropped]]  # rows that were not used as they are, and why
    rising: bool  # laws are fitted to 1 / y, which falls
    noise: float  # standard deviation of ln y about a smooth curve
    back_test: Annotated[dict[str, Any], BlendRecord]
    laws: list[SavedCurveLaw]  # the heaviest first


class SavedCurves(TypedDict):
    """A file of fitted curves."""

    format: str  # of the file
    curves: list[SavedCurve]


def save_curve_fits(fits: Sequence[CurveFit], path: Path) -> None:
    """Write fitted curves to ``path``, atomically."""
    saved: SavedCurves = {"format": CURVE_FORMAT, "curves": [_to_dict(fit) for fit in fits]}
    write_json(path, saved)


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


def _to_dict(fit: CurveFit) -> SavedCurve:
    curve = fit.curve
    return {
        "curve": curve.name,
        "x": curve.x.tolist(),
        "y": curve.y.tolist(),
        "held_out_x": curve.held_out_x.tolist(),
        "held_out_y": curve.held_out_y.tolist(),
        "dropped": [dataclasses.asdict(row) for row in curve.dropped],
        "rising": fit.rising,
        "noise": fit.noise,
        "back_test": dataclasses.asdict(fit.record),
        "laws": [_law_to_dict(record) for record in fit.records],
    }


def _law_to_dict(record: LawRecord) -> SavedCurveLaw:
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
        curve=Curve(name=data["curve"], **arrays, dropped=dropped),
        rising=data["rising"],
        noise=data["noise"],
        record=BlendRecord(**data["back_test"]),
        records=tuple(_law_from_dict(law) for law in data["laws"]),
    )


def _law_from_dict(data: Mapping[str, Any]) -> LawRecord:
    kind = LAWS[data["law"]]
    draws = kind(**{name: np.array(column)[:, None] for name, column in data["draws"].items()})
    return LawRecord(law=kind(**data["parameters"]), weight=data["weight"], rmsle=data["rmsle"], draws=draws)
