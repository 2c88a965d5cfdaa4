"""Ctrl-C and the request to terminate, turned into a flag that the training loop looks at."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """While this context lasts, the first SIGINT or SIGTERM sets ``asked``; a second one acts as usual.

    In a thread that is not the main one, where signals cannot be caught, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.asked = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            if handler is not None:  # one that was not set from Python cannot be set back from it
                signal.signal(number, handler)
        self._before = {}
