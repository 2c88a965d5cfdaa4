"""fit.json: fitted laws with their draws, so that `armillary extrapolate` answers without fitting again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.core.files import read_json, write_json
from armillary.fitting.fit import Certificate
from armillary.fitting.law import Law
from armillary.fitting.selection import BackTest, BackTestStep
from armillary.fitting.uncertainty import Bootstrap, Interval
from armillary.scaling.family import FamilyFit
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Observation

FORMAT = 1


def save_fits(fits: Sequence[FamilyFit], path: Path) -> None:
    """Write fitted families to ``path``, atomically."""
    write_json(path, {"format": FORMAT, "families": [_to_dict(fit) for fit in fits]})


def load_fits(path: Path) -> tuple[FamilyFit, ...]:
    """Read what ``save_fits`` wrote.  CheckpointError when the file is damaged or of another version."""
    if not path.is_file():
        raise RequestError(f"there is no file {path}; make it with: armillary fit RUNS --out {path}")
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} holds no fits of format {FORMAT}; make it with: armillary fit RUNS --out {path}"
        )
    try:
        return tuple(_from_dict(family) for family in data["families"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error!r}); make it again with: armillary fit") from error


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


def _to_dict(fit: FamilyFit) -> dict[str, Any]:
    draws = fit.draws.laws().to_dict()
    return {
        "family": fit.family,
        "law": fit.law.name,
        "parameters": fit.law.to_dict(),
        "noise": fit.noise,
        "method": fit.method,
        "certificate": dataclasses.asdict(fit.certificate),
        "back_test": dataclasses.asdict(fit.back_test),
        "alternatives": [dataclasses.asdict(test) for test in fit.alternatives],
        "observations": [dataclasses.asdict(row) for row in fit.observations],
        "draws": {
            "kind": fit.draws.kind,
            "noise": fit.draws.noise.tolist(),
            "parameters": {name: column[:, 0].tolist() for name, column in draws.items()},
        },
    }


def _from_dict(data: Mapping[str, Any]) -> FamilyFit:
    kind: type[Law] = LAWS[data["law"]]
    draws = data["draws"]
    batch = kind(**{name: np.array(column)[:, None] for name, column in draws["parameters"].items()})
    return FamilyFit(
        family=data["family"],
        observations=tuple(Observation(**row) for row in data["observations"]),
        law=kind(**data["parameters"]),
        noise=data["noise"],
        method=data["method"],
        certificate=Certificate(**data["certificate"]),
        draws=Bootstrap(law=kind, kind=draws["kind"], theta=batch.theta(), noise=np.array(draws["noise"])),
        back_test=_back_test(data["back_test"]),
        alternatives=tuple(_back_test(test) for test in data["alternatives"]),
    )


def _back_test(data: Mapping[str, Any]) -> BackTest:
    steps = tuple(
        BackTestStep(**(step | {"interval": Interval(**step["interval"])})) for step in data["steps"]
    )
    return BackTest(**(dict(data) | {"steps": steps}))
