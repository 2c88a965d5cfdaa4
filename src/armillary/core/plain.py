"""Frozen dataclasses to plain JSON values and back, by their annotations.

JSON has no infinity: a number that is infinite is written as null, and a null where the annotation
says float is read as infinity.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Union

from armillary.core.config import hints


def to_plain(value: Any) -> Any:
    """Return ``value`` as JSON values: dataclasses as objects, tuples as lists, infinity as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def from_plain(kind: Any, value: Any) -> Any:
    """Return the ``kind`` (a dataclass or a field's annotation) that ``to_plain`` made ``value`` of.

    Raises KeyError, TypeError or ValueError when ``value`` has another shape.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value)
    if origin in (Union, types.UnionType):
        return _optional(arguments, value)
    if origin is tuple:
        return tuple(from_plain(arguments[0], item) for item in value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: from_plain(arguments[1], item) for key, item in value.items()}
    if kind is float:
        return math.inf if value is None else float(value)
    return value


def _dataclass(kind: type[Any], value: Mapping[str, Any]) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} is an object and not {value!r}")
    known = hints(kind)
    if unknown := set(value) - set(known):
        raise KeyError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: from_plain(known[name], item) for name, item in value.items()})


def _optional(arguments: tuple[Any, ...], value: Any) -> Any:
    """Return a value of ``X | None``; of several kinds of object, the first that has its fields."""
    if value is None and types.NoneType in arguments:
        return None
    kinds = [kind for kind in arguments if kind is not types.NoneType]
    for kind in kinds[:-1]:
        try:
            return from_plain(kind, value)
        except (KeyError, TypeError, ValueError):
            continue
    return from_plain(kinds[-1], value)
