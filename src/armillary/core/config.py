"""Frozen configuration objects: to a dictionary and back, strictly, with errors that name the path.

A configuration is a frozen dataclass whose fields are numbers, strings, booleans, paths, tuples or
other configurations.  A family of configurations (models, tasks, sources) shares a registry; the
key ``kind`` in a dictionary picks the member.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, Union

from armillary.core.errors import ConfigError, unknown
from armillary.core.registry import Registry
from armillary.core.units import parse_count


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Base of every configuration; subclasses are frozen, keyword-only dataclasses."""

    registry: ClassVar[Registry[Any] | None] = None
    kind: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; ``from_dict`` turns them back into an equal object."""
        named: dict[str, Any] = {"kind": self.kind} if self.kind else {}
        return named | {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from plain values.  Raises ConfigError or UnknownNameError naming path and value."""
        return typing.cast("Self", _build(cls, data, path=""))

    def override(self, *assignments: str) -> Self:
        """Return a copy with fields set by dotted path: ``override("optim.lr=3e-4", "model.kind=lstm")``.

        Raises ConfigError when an assignment has no ``=``, names no field, or its value does not fit.
        """
        data = self.to_dict()
        for assignment in assignments:
            name, sign, text = assignment.partition("=")
            if not sign or not name:
                raise ConfigError(f"{assignment!r} is no assignment; write name=value, such as seed=1")
            _assign(data, type(self), name.split("."), text, name)
        return type(self).from_dict(data)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with the named fields changed."""
        return dataclasses.replace(self, **changes)

    @classmethod
    def member(cls, kind: str) -> type[Self]:
        """Return the registered member of this family of configurations called ``kind``."""
        assert cls.registry is not None, f"{cls.__name__} has no registry"
        return typing.cast("type[Self]", cls.registry[kind])


def hints(cls: Any) -> dict[str, Any]:
    """Return the field types of the configuration class ``cls`` by name, annotations resolved."""
    resolved = typing.get_type_hints(cls)
    return {f.name: resolved[f.name] for f in dataclasses.fields(cls)}


def _plain(value: Any) -> Any:
    if isinstance(value, Config):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def _build(cls: type[Any], data: Any, path: str) -> Any:
    if isinstance(data, cls):
        return data
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path or cls.__name__} wants the fields of {cls.__name__}, got {data!r}")
    data = dict(data)
    kind = data.pop("kind", None)
    if cls.registry is not None and kind is not None:
        cls = cls.registry[kind]
    if getattr(cls, "__abstractmethods__", None):
        raise ConfigError(f"{path or cls.__name__} needs a kind ({', '.join(cls.registry or ())})")
    fields = hints(cls)
    for name in data:
        if name not in fields:
            raise ConfigError(unknown(f"field of {path or cls.__name__}", name, fields))
    try:
        return cls(**{k: _coerce(v, fields[k], f"{path}.{k}".strip(".")) for k, v in data.items()})
    except TypeError as error:  # a field without default is missing
        raise ConfigError(f"{path or cls.__name__}: {error}") from error


def _assign(data: dict[str, Any], cls: type[Any], keys: list[str], text: str, path: str) -> None:
    """Set the field at ``keys`` in the dictionary form of a ``cls``."""
    key, *rest = keys
    if key == "kind" and not rest and cls.registry is not None:
        kept = hints(cls.registry[text])
        old = {k: v for k, v in data.items() if k in kept}
        data.clear()
        data.update({"kind": text} | old)
        return
    cls = cls.registry[data["kind"]] if cls.registry is not None and "kind" in data else cls
    fields = hints(cls)
    if key not in fields:
        raise ConfigError(unknown(f"field of {cls.__name__}", key, fields) + f" (in {path!r})")
    nested = _config_in(fields[key])
    if nested is None and rest:
        raise ConfigError(f"{path!r}: {key} is a single value and has no field {rest[0]!r}")
    if nested is None:
        data[key] = _from_text(text, fields[key], path)
    elif rest:
        inner = data.get(key)
        data[key] = inner = inner if isinstance(inner, dict) else {}
        _assign(inner, nested, rest, text, path)
    elif nested.registry is not None:  # "model=lstm" is short for "model.kind=lstm"
        data[key] = {"kind": text}
    elif type(None) in typing.get_args(fields[key]) and _is_none(text):
        data[key] = None
    else:
        raise ConfigError(f"{path!r} has fields of its own: {', '.join(hints(nested))}; set one of them")


def _config_in(hint: Any) -> type[Config] | None:
    """Return the configuration class that ``hint`` is or optionally is."""
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    found = [o for o in options if isinstance(o, type) and issubclass(o, Config)]
    return found[0] if found else None


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (Union, types.UnionType)


def _coerce(value: Any, hint: Any, path: str) -> Any:
    """Return ``value`` as the type ``hint``, or raise ConfigError with path, value and type."""
    if _is_union(hint):
        return _coerce_union(value, hint, path)
    origin = typing.get_origin(hint)
    if isinstance(hint, type) and issubclass(hint, Config):
        return _build(hint, value, path)
    if origin is Literal:
        return _one_of(value, typing.get_args(hint), path)
    if origin is tuple and isinstance(value, list | tuple):
        inner = typing.get_args(hint)[0]
        return tuple(_coerce(item, inner, f"{path}[{i}]") for i, item in enumerate(value))
    if (origin is dict or origin is Mapping or origin is types.MappingProxyType) and isinstance(
        value, Mapping
    ):
        return dict(value)
    return _scalar(value, hint, path)


def _coerce_union(value: Any, hint: Any, path: str) -> Any:
    options = typing.get_args(hint)
    if value is None and type(None) in options:
        return None
    errors = []
    for option in (o for o in options if o is not type(None)):
        try:
            return _coerce(value, option, path)
        except ConfigError as error:
            errors.append(error)
    raise errors[0]


def _one_of(value: Any, allowed: tuple[Any, ...], path: str) -> Any:
    if value in allowed:
        return value
    raise ConfigError(f"{path}: " + unknown("value", str(value), [str(a) for a in allowed]))


def _scalar(value: Any, hint: Any, path: str) -> Any:
    if hint is Any:
        return value
    if hint is Path and isinstance(value, str | Path):
        return Path(value)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ConfigError(f"{path} takes {getattr(hint, '__name__', hint)}, got {value!r}")


def _from_text(text: str, hint: Any, path: str) -> Any:
    """Return the value that a command line's ``text`` means for a field of type ``hint``."""
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    if type(None) in options and _is_none(text):
        return None
    if typing.get_origin(options[0]) is tuple:
        inner = typing.get_args(options[0])[0]
        return [_from_text(part.strip(), inner, path) for part in text.split(",") if part.strip()]
    if bool in options and text.lower() in ("true", "false", "yes", "no", "on", "off", "1", "0"):
        return text.lower() in ("true", "yes", "on", "1")
    if str in options or Path in options or any(typing.get_origin(o) is Literal for o in options):
        return text
    if int in options or float in options:
        return _number(text, options, path)
    raise ConfigError(
        f"{path} takes {' or '.join(getattr(o, '__name__', str(o)) for o in options)}, got {text!r}"
    )


def _is_none(text: str) -> bool:
    return text.lower() in ("none", "null", "")


def _number(text: str, options: tuple[Any, ...], path: str) -> float | int:
    try:
        value = parse_count(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    if float in options and not (int in options and value.is_integer()):
        return value
    if not value.is_integer():
        raise ConfigError(f"{path} takes a whole number, got {text!r}")
    return int(value)
