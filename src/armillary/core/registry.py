"""Named things that others can add to: a decorator inside the package, entry points outside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from armillary.core.errors import UnknownNameError

T = TypeVar("T")
U = TypeVar("U")


class Registry(Generic[T]):
    """A table from names to things of one kind.

    ``what`` is the singular used in messages ("model family"); other distributions add to the
    table by an entry point in the group ``armillary.<group>``.
    """

    def __init__(self, what: str, group: str) -> None:
        self.what = what
        self.group = f"armillary.{group}"
        self._entries: dict[str, T] = {}
        self._extended = False

    def register(self, name: str) -> Callable[[U], U]:
        """Return a decorator that enters its argument under ``name``; a name can be taken once."""

        def enter(thing: U) -> U:
            if name in self._entries:
                raise ValueError(f"the {self.what} {name!r} is registered already")
            self._entries[name] = thing  # type: ignore[assignment]
            return thing

        return enter

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            self._extend()
        if name not in self._entries:
            raise UnknownNameError(self.what, name, self._entries)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        if name not in self._entries:
            self._extend()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._extend()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        self._extend()
        return len(self._entries)

    def _extend(self) -> None:
        """Load what other distributions registered, once and only when something needs it."""
        if self._extended:
            return
        self._extended = True
        for point in entry_points(group=self.group):
            self._entries.setdefault(point.name, point.load())
