import pytest

from armillary.core.errors import UnknownNameError
from armillary.core.registry import Registry


def test_a_name_is_found_and_listed_in_order():
    shapes: Registry[int] = Registry("shape", "shapes")
    shapes.register("square")(4)
    shapes.register("circle")(0)
    assert shapes["square"] == 4
    assert list(shapes) == ["circle", "square"]
    assert "circle" in shapes
    assert len(shapes) == 2


def test_an_unknown_name_is_answered_with_the_nearest_and_the_known():
    shapes: Registry[int] = Registry("shape", "shapes")
    shapes.register("square")(4)
    with pytest.raises(
        UnknownNameError, match=r"no shape is called 'sqare'; did you mean 'square'\? \(known: square\)"
    ):
        shapes["sqare"]


def test_a_name_is_taken_once():
    shapes: Registry[int] = Registry("shape", "shapes")
    shapes.register("square")(4)
    with pytest.raises(ValueError, match="registered already"):
        shapes.register("square")(5)


def test_other_distributions_extend_the_table(monkeypatch):
    class Point:
        name = "hexagon"

        @staticmethod
        def load():
            return 6

    monkeypatch.setattr(
        "armillary.core.registry.entry_points", lambda group: [Point] if group == "armillary.shapes" else []
    )
    shapes: Registry[int] = Registry("shape", "shapes")
    assert shapes["hexagon"] == 6
