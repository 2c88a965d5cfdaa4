"""fit.json: fitted laws with their draws, so that `armillary extrapolate` answers without fitting again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.core.files import read_json, write_json
from armillary.fitting.fit import Certificate
from armillary.fitting.law import Law
from armillary.fitting.selection import BackTest, BackTestStep
from armillary.fitting.uncertainty import Bootstrap, Interval
from armillary.runs.provenance import Provenance, provenance
from armillary.scaling.family import FamilyFit, Member
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Dropped, Observation, Observations

FORMAT = 2  # 1 held one law


class SavedDraws(TypedDict):
    """Draws of a law, which intervals are made of."""

    kind: str  # of bootstrap
    noise: list[float]  # of each draw: standard deviation of the ln of a loss
    parameters: dict[str, list[float]]  # of each draw


class SavedLaw(TypedDict):
    """One law of a family's blend."""

    law: str
    weight: float  # in the blend; weights sum to 1
    parameters: dict[str, float]
    intervals: Annotated[dict[str, dict[str, Any]], dict[str, Interval]]  # of the parameters
    intervals_by: str  # "pair bootstrap", "profile likelihood"
    noise: float  # standard deviation of ln(measured / law) of one run
    method: str  # how it was fitted
    certificate: Annotated[dict[str, Any], Certificate]
    back_test: Annotated[dict[str, Any], BackTest]
    draws: SavedDraws


class SavedFamily(TypedDict):
    """A family's laws with the runs that they were fitted to."""

    family: str
    observations: Annotated[list[dict[str, Any]], list[Observation]]  # that were fitted, in order of compute
    laws: list[SavedLaw]  # those with weight, the heaviest first
    back_test: Annotated[dict[str, Any], BackTest]  # of the blend
    alternatives: Annotated[list[dict[str, Any]], list[BackTest]]  # of the laws without weight, best first


class SavedOrigin(TypedDict):
    """Where the fits came from."""

    dropped: Annotated[list[dict[str, Any]], list[Dropped]]  # rows that were not used, and why
    assumptions: list[str]  # what had to be assumed of the others
    provenance: Provenance


class SavedFits(TypedDict):
    """A file of fits."""

    format: int  # of the file
    origin: SavedOrigin
    families: list[SavedFamily]  # in the order of their first run


@dataclass(frozen=True, kw_only=True)
class FitOrigin:
    """Where a file of fits came from."""

    dropped: tuple[Dropped, ...]  # rows that were not used, and why
    assumptions: tuple[str, ...]  # what had to be assumed of the others
    provenance: Mapping[str, Any]  # versions, machine and time, as `runs.provenance` has them


def save_fits(fits: Sequence[FamilyFit], path: Path, observations: Observations | None = None) -> None:
    """Write fitted families to ``path``, atomically, and what was dropped of ``observations``."""
    observations = observations or Observations(rows=())
    origin: SavedOrigin = {
        "dropped": [dataclasses.asdict(row) for row in observations.dropped],
        "assumptions": list(observations.assumptions),
        "provenance": provenance(),
    }
    saved: SavedFits = {"format": FORMAT, "origin": origin, "families": [_to_dict(fit) for fit in fits]}
    write_json(path, saved)


def load_fits(path: Path) -> tuple[FamilyFit, ...]:
    """Read what ``save_fits`` wrote.  CheckpointError when the file is damaged or of another version."""
    try:
        return tuple(_from_dict(family) for family in _checked(path)["families"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def load_origin(path: Path) -> FitOrigin:
    """Read where the fits of ``path`` came from.  CheckpointError as ``load_fits``."""
    try:
        origin = _checked(path)["origin"]
        return FitOrigin(
            dropped=tuple(Dropped(**row) for row in origin["dropped"]),
            assumptions=tuple(origin["assumptions"]),
            provenance=dict(origin["provenance"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path} is damaged ({error!r}); make it again with: armillary fit")


def _checked(path: Path) -> dict[str, Any]:
    """Return what a file of fits of this version holds."""
    if not path.is_file():
        raise RequestError(f"there is no file {path}; make it with: armillary fit RUNS --out {path}")
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} holds no fits of format {FORMAT}; make it with: armillary fit RUNS --out {path}"
        )
    return data


def choose(fits: Sequence[FamilyFit], family: str | None) -> FamilyFit:
    """Return the fit of ``family``, which may be left out when there is only one."""
    known = {fit.family: fit for fit in fits}
    if family is None and len(fits) != 1:
        raise RequestError(f"there are fits of {', '.join(sorted(known))}; choose one with --family")
    if family is None:
        return fits[0]
    if family not in known:
        raise UnknownNameError("fitted family", family, known)
    return known[family]


def _to_dict(fit: FamilyFit) -> SavedFamily:
    return {
        "family": fit.family,
        "observations": [dataclasses.asdict(row) for row in fit.observations],
        "laws": [_member_to_dict(member) for member in fit.members],
        "back_test": dataclasses.asdict(fit.back_test),
        "alternatives": [dataclasses.asdict(test) for test in fit.alternatives],
    }


def _member_to_dict(member: Member) -> SavedLaw:
    draws = member.draws.laws().to_dict()
    return {
        "law": member.law.name,
        "weight": member.weight,
        "parameters": member.law.to_dict(),
        "intervals": {name: _open_as_null(interval) for name, interval in member.intervals.items()},
        "intervals_by": member.intervals_by,
        "noise": member.noise,
        "method": member.method,
        "certificate": dataclasses.asdict(member.certificate),
        "back_test": dataclasses.asdict(member.back_test),
        "draws": {
            "kind": member.draws.kind,
            "noise": member.draws.noise.tolist(),
            "parameters": {name: column[:, 0].tolist() for name, column in draws.items()},
        },
    }


def _open_as_null(interval: Interval) -> dict[str, float | None]:
    """Return an interval for JSON, which knows no infinite end."""
    return {
        name: value if math.isfinite(value) else None for name, value in dataclasses.asdict(interval).items()
    }


def _interval(data: Mapping[str, Any]) -> Interval:
    low, high = data["low"], data["high"]
    return Interval(
        low=-math.inf if low is None else low, high=math.inf if high is None else high, level=data["level"]
    )


def _from_dict(data: Mapping[str, Any]) -> FamilyFit:
    return FamilyFit(
        family=data["family"],
        observations=tuple(Observation(**row) for row in data["observations"]),
        members=tuple(_member(member) for member in data["laws"]),
        back_test=_back_test(data["back_test"]),
        alternatives=tuple(_back_test(test) for test in data["alternatives"]),
    )


def _member(data: Mapping[str, Any]) -> Member:
    kind: type[Law] = LAWS[data["law"]]
    draws = data["draws"]
    batch = kind(**{name: np.array(column)[:, None] for name, column in draws["parameters"].items()})
    return Member(
        law=kind(**data["parameters"]),
        weight=data["weight"],
        noise=data["noise"],
        method=data["method"],
        certificate=Certificate(**data["certificate"]),
        draws=Bootstrap(law=kind, kind=draws["kind"], theta=batch.theta(), noise=np.array(draws["noise"])),
        back_test=_back_test(data["back_test"]),
        intervals={name: _interval(interval) for name, interval in data["intervals"].items()},
        intervals_by=data["intervals_by"],
    )


def _back_test(data: Mapping[str, Any]) -> BackTest:
    steps = tuple(
        BackTestStep(**(step | {"interval": Interval(**step["interval"])})) for step in data["steps"]
    )
    return BackTest(**(dict(data) | {"steps": steps}))
