"""The fields of dataclasses and typed dictionaries: names, annotations, and the comments beside them."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import io
import tokenize
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Union

import numpy as np

WORDS = {float: "number", int: "integer", str: "text", bool: "true or false", types.NoneType: "null"}


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of an object: its name, its annotation, the comment beside it."""

    name: str
    kind: Any
    comment: str
    optional: bool  # left out where it has nothing to say


def is_object(kind: Any) -> bool:
    """Return whether ``kind`` is a dataclass or a typed dictionary."""
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or typing.is_typeddict(kind))


@functools.cache
def fields_of(kind: type) -> tuple[Field, ...]:
    """Return the fields of a dataclass or typed dictionary, in order."""
    hints = typing.get_type_hints(kind, include_extras=True)
    comments = {name: text for base in reversed(kind.__mro__) for name, text in _comments(base).items()}
    if dataclasses.is_dataclass(kind):
        hints = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    total = getattr(kind, "__total__", True)
    return tuple(
        Field(name, hint, comments.get(name, ""), not total or typing.get_origin(hint) is NotRequired)
        for name, hint in hints.items()
    )


def _comments(kind: type) -> dict[str, str]:
    """Return the comment beside each annotated name in the source of a class."""
    if not is_object(kind):
        return {}
    source = inspect.getsource(kind)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    [body] = ast.parse(source).body
    names = (node for node in body.body if isinstance(node, ast.AnnAssign))  # type: ignore[attr-defined]
    return {
        node.target.id: " ".join(lines[i] for i in range(node.lineno, node.end_lineno + 1) if i in lines)
        for node in names
    }


def bare(kind: Any) -> Any:
    """Return an annotation without NotRequired, and with what Annotated says instead of what it annotates."""
    if typing.get_origin(kind) is NotRequired:
        return bare(typing.get_args(kind)[0])
    return kind.__metadata__[0] if typing.get_origin(kind) is Annotated else kind


class Described(NamedTuple):
    """A type as a page shows it."""

    words: str  # "list of objects"
    names: str  # what a path goes on with where names depend on the case: ".NAME" for each level
    items: str  # "[]" for each level of lists
    inside: type | None  # the object whose fields follow


def described(kind: Any) -> Described:
    """Return an annotation as a page shows it."""
    kind = bare(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_object(kind):
        return Described("object", "", "", kind)
    if origin in (Union, types.UnionType):
        parts = [described(argument) for argument in arguments]
        main = max(parts, key=lambda part: part.inside is not None)
        return main._replace(words=" or ".join(dict.fromkeys(part.words for part in parts)))
    if origin in (tuple, list):
        item = described(arguments[0])
        return item._replace(words=f"list of {_plural(item.words)}", items=f"[]{item.items}")
    if isinstance(origin, type) and issubclass(origin, Mapping):
        value = described(arguments[1])
        return value._replace(names=f".NAME{value.names}")
    if origin is Literal:
        return Described("text: " + ", ".join(f"`{value}`" for value in arguments), "", "", None)
    if getattr(kind, "array_type", None) is np.ndarray:
        return Described("list of " + "lists of " * (len(kind.dims) - 1) + "numbers", "", "", None)
    return Described(WORDS.get(kind, "any value"), "", "", None)


def _plural(words: str) -> str:
    noun, space, rest = words.partition(" ")
    return f"{noun}s{space}{rest}" if noun in ("number", "integer", "object", "text", "list") else words
