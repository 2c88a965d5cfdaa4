"""Every error a user can meet, and the exit status it ends with.

    ArmillaryError                  exit 1: the work failed
    ├── DivergenceError             the loss became NaN or ran away
    ├── CheckpointError             a file of a run is damaged, missing or cannot be written
    ├── ExportError                 an export would not answer as its run does
    ├── StoppedError                exit 130: the user interrupted it; what was done is saved
    ├── FitError                    the numbers do not support the answer that was asked for
    └── RequestError                exit 2: the request was wrong
        ├── ConfigError             a field has no such name or cannot take this value
        ├── UnknownNameError        a registry or a folder has nothing of that name
        ├── DataError               the user's data cannot be used as it is
        └── MissingExtraError       an optional dependency is not installed

A message says what was given, what is allowed, the nearest name and the next step, in one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class ArmillaryError(Exception):
    """Base of every error that is reported as one line instead of a traceback."""

    exit_status = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the error says, not how it was made: worker processes hand theirs to the parent."""
        return _remade, (type(self), self.args, self.__dict__)


class DivergenceError(ArmillaryError):
    """Training cannot go on: the loss is not finite or has run away."""


class CheckpointError(ArmillaryError):
    """A file of a run is damaged, missing or could not be written; the message names the file."""


class ExportError(ArmillaryError):
    """What was exported does not answer as the run does; nothing of it was kept."""


class StoppedError(ArmillaryError):
    """The user interrupted the work; the message says where it stands and how to go on."""

    exit_status = 130  # 128 + SIGINT, as shells have it


class FitError(ArmillaryError):
    """The observations do not support the fit or the prediction that was asked for."""


class RequestError(ArmillaryError):
    """What was asked for cannot be done as asked."""

    exit_status = 2


class ConfigError(RequestError):
    """A configuration field has no such name, or cannot take the value given."""


class DataError(RequestError):
    """The user's data cannot be used as it is; the message names the file and the row."""


class MissingExtraError(RequestError):
    """An optional dependency is needed and not installed."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"install it with: pip install 'armillary[{extra}]'"
        )


class UnknownNameError(RequestError, KeyError):
    """A name that nothing is registered or stored under.

    ``what`` says what kind of thing was looked up ("model family"), ``name`` what was given and
    ``known`` what would have been accepted.
    """

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.name = name
        self.known = sorted(known)
        super().__init__(unknown(what, name, self.known, hint))

    def __str__(self) -> str:  # KeyError would print the message quoted
        return str(self.args[0])


def _remade(kind: type[ArmillaryError], args: tuple[Any, ...], state: dict[str, Any]) -> ArmillaryError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def unknown(what: str, name: str, known: Iterable[str], hint: str = "") -> str:
    """Return the sentence that says ``name`` is no ``what`` and which one was probably meant."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    allowed = f" (known: {', '.join(known)})" if known else " (there is none)"
    return f"no {what} is called {name!r}{meant}{allowed}" + (f"; {hint}" if hint else "")
