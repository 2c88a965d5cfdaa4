"""What docs/json.md says, held against what is printed: every field is there, and no other."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union

from json_fields import bare, described, fields_of, is_object
from json_sections import SECTIONS

KINDS = {section.title: section.kinds for section in SECTIONS}
PLAIN = {float: (int, float, types.NoneType), int: int, str: str, bool: bool, types.NoneType: types.NoneType}


def departures(title: str, printed: Mapping[str, Any]) -> list[str]:
    """Return where ``printed`` is not as the section of this title says, a line each."""
    fields = [field for kind in KINDS[title] for field in fields_of(kind)]
    return list(_object(printed, fields, ""))


def objects_of(title: str) -> set[type]:
    """Return the types of all objects below those of a section."""
    found: set[type] = set()
    waiting = list(KINDS[title])
    while waiting:
        inside = {described(field.kind).inside for field in fields_of(waiting.pop())} - {None} - found
        found |= inside
        waiting += inside
    return found


def met(title: str, printed: Mapping[str, Any]) -> set[type]:
    """Return the types of the objects that are in ``printed``."""
    fields = [field for kind in KINDS[title] for field in fields_of(kind)]
    return {kind for field in fields for kind in _met(printed.get(field.name), field.kind)}


def _met(value: Any, kind: Any) -> Iterator[type]:
    inside = described(kind).inside
    if inside is None or value is None or isinstance(value, str):
        return
    if isinstance(value, list):
        item = next(a for a in _members(kind) if typing.get_origin(a) in (tuple, list))
        for one in value:
            yield from _met(one, typing.get_args(item)[0])
    elif is_object(_members(kind)[0]):
        yield inside
        for field in fields_of(inside):
            yield from _met(value.get(field.name), field.kind)
    else:
        for one in value.values():
            yield from _met(one, typing.get_args(_members(kind)[0])[1])


def _members(kind: Any) -> list[Any]:
    """Return what a field may be besides null."""
    kind = bare(kind)
    union = typing.get_origin(kind) in (Union, types.UnionType)
    return [a for a in typing.get_args(kind) if a is not types.NoneType] if union else [kind]


def _object(value: Any, fields: list[Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object: {value!r}"
        return
    names = {field.name for field in fields}
    yield from (f"{path}.{name} is not documented" for name in value if name not in names)
    for field in fields:
        if field.name in value:
            yield from _departures(value[field.name], field.kind, f"{path}.{field.name}")
        elif not field.optional:
            yield f"{path}.{field.name} is documented and not printed"


def _departures(value: Any, kind: Any, path: str) -> Iterator[str]:
    kind = bare(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        yield from min((list(_departures(value, member, path)) for member in arguments), key=len)
    elif is_object(kind):
        yield from _object(value, list(fields_of(kind)), path)
    elif origin in (tuple, list):
        yield from _items(value, list, path)
        for item in value if isinstance(value, list) else ():
            yield from _departures(item, arguments[0], f"{path}[]")
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _items(value, dict, path)
        for item in value.values() if isinstance(value, dict) else ():
            yield from _departures(item, arguments[1], f"{path}.NAME")
    elif origin is Literal:
        if value not in arguments:
            yield f"{path} is {value!r}, none of {arguments}"
    else:
        yield from _items(value, PLAIN.get(kind, list), path)


def _items(value: Any, kinds: Any, path: str) -> Iterator[str]:
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
        yield f"{path} is {value!r}, which is no {kinds}"
