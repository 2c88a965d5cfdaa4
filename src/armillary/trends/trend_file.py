"""trend.json: a projection with its rows, its growth and its back-test, to be shown or compared later."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np

from armillary.core.errors import CheckpointError, RequestError
from armillary.core.files import read_json, write_json
from armillary.runs.provenance import Provenance, provenance
from armillary.trends.projection import Projection

FORMAT = 2


class SavedTrend(TypedDict):
    """A file of one trend; numbers that are not finite are "nan", "inf" and "-inf"."""

    format: int  # of the file
    provenance: Provenance
    trend: Annotated[dict[str, Any], Projection]


def save_trend(projection: Projection, path: Path) -> None:
    """Write ``projection`` to ``path``, atomically."""
    saved: SavedTrend = {"format": FORMAT, "provenance": provenance(), "trend": plain(projection)}
    write_json(path, saved)


def load_trend(path: Path) -> Projection:
    """Read what ``save_trend`` wrote.  CheckpointError when the file is damaged or of another version."""
    if not path.is_file():
        raise RequestError(f"there is no file {path}; make it with: armillary trends QUANTITY --out {path}")
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} holds no trend of format {FORMAT}; make it with: armillary trends QUANTITY --out {path}"
        )
    try:
        projection: Projection = _typed(data["trend"], Projection)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged ({error!r}); make it again with: armillary trends"
        ) from error
    return projection


def plain(value: Any, not_finite: Callable[[float], Any] = str) -> Any:
    """Return a result as what JSON has; numbers that are not finite as "nan", "inf" and "-inf"."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: plain(getattr(value, field.name), not_finite) for field in dataclasses.fields(value)
        }
    if isinstance(value, np.ndarray):
        return [plain(item, not_finite) for item in value.tolist()]
    if isinstance(value, dict):
        return {key: plain(item, not_finite) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item, not_finite) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return not_finite(value)
    return value


def _typed(value: Any, kind: Any) -> Any:
    """Return JSON as an object of the type that a field is annotated with."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        inner = next(argument for argument in arguments if argument is not type(None))
        return None if value is None else _typed(value, inner)
    if origin is tuple:
        return tuple(_typed(item, arguments[0]) for item in value)
    if origin is dict:
        return {key: _typed(item, arguments[1]) for key, item in value.items()}
    if dataclasses.is_dataclass(kind):
        kinds = typing.get_type_hints(kind)
        fields = {f.name: _typed(value[f.name], kinds[f.name]) for f in dataclasses.fields(kind)}
        return kind(**fields)  # type: ignore[operator]
    if getattr(kind, "array_type", None) is np.ndarray:  # a jaxtyping annotation
        return np.array([float(item) for item in value])
    return float(value) if kind is float else value
