import dataclasses
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from armillary.core.config import Config
from armillary.core.errors import ConfigError, UnknownNameError
from armillary.core.registry import Registry

SHAPES: Registry[Any] = Registry("shape", "test_shapes")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shape(Config):
    registry: ClassVar[Registry[Any] | None] = SHAPES
    scale: float = 1.0


@SHAPES.register("square")
@dataclasses.dataclass(frozen=True, kw_only=True)
class Square(Shape):
    kind: ClassVar[str] = "square"
    side: int = 3


@SHAPES.register("circle")
@dataclasses.dataclass(frozen=True, kw_only=True)
class Circle(Shape):
    kind: ClassVar[str] = "circle"
    radius: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ink(Config):
    colour: Literal["black", "red"] = "black"
    width: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawing(Config):
    shape: Shape
    ink: Ink = Ink()
    folder: Path = Path("here")
    numbers: tuple[int, ...] = ()
    closed: bool = False


DRAWING = Drawing(shape=Square(side=4), ink=Ink(width=0.5), numbers=(1, 2))


def test_to_a_dictionary_and_back_is_the_same_object():
    data = DRAWING.to_dict()
    assert data["shape"] == {"kind": "square", "scale": 1.0, "side": 4}
    assert data["folder"] == "here"
    assert Drawing.from_dict(data) == DRAWING


def test_overrides_reach_nested_fields_and_read_units():
    changed = DRAWING.override(
        "shape.side=2k", "ink.colour=red", "ink.width=none", "numbers=3, 4", "closed=yes"
    )
    assert changed.shape == Square(side=2000)
    assert changed.ink == Ink(colour="red")
    assert changed.numbers == (3, 4)
    assert changed.closed


def test_kind_picks_another_class_and_keeps_what_both_share():
    drawing = DRAWING.override("shape.scale=2", "shape.kind=circle", "shape.radius=3")
    assert drawing.shape == Circle(scale=2.0, radius=3.0)
    assert DRAWING.override("shape=circle").shape == Circle()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("shape.sid=3", r"no field of Square is called 'sid'; did you mean 'side'\?"),
        ("shape.side=1.5", "shape.side takes a whole number, got '1.5'"),
        ("shape.side=wide", "'wide' is not a count"),
        ("ink.colour=rde", r"did you mean 'red'\?"),
        ("ink=red", "has fields of its own: colour, width"),
        ("closed=perhaps", "closed takes bool, got 'perhaps'"),
        ("folder.name=x", "folder is a single value"),
        ("seed", "write name=value"),
    ],
)
def test_a_bad_assignment_is_one_clear_line(assignment, message):
    with pytest.raises(ConfigError, match=message):
        DRAWING.override(assignment)


def test_an_unknown_kind_names_the_known():
    with pytest.raises(UnknownNameError, match=r"did you mean 'square'\? \(known: circle, square\)"):
        DRAWING.override("shape.kind=sqare")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"shape": {"kind": "square", "side": "4"}}, "shape.side takes int, got '4'"),
        ({"shape": {"kind": "square", "side": True}}, "shape.side takes int, got True"),
        ({"shape": 3}, "shape wants the fields of Shape"),
        ({}, "missing"),
        ({"shape": {"kind": "square"}, "numbers": [1, "x"]}, r"numbers\[1\] takes int"),
    ],
)
def test_a_dictionary_that_does_not_fit_names_path_and_value(data, message):
    with pytest.raises(ConfigError, match=message):
        Drawing.from_dict(data)
