"""python -m benchmarks [NAME [OPTIONS]]: run one race, or all that need no data of yours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from benchmarks import (
    decoding,
    drawing,
    fitting,
    images,
    ladder,
    learning_curves,
    speech,
    systems,
    text_generation,
    translation,
)


class Report(Protocol):
    """What a race found."""

    def markdown(self) -> str:
        """Return it as tables."""


RACES: dict[str, Callable[[Sequence[str]], Report]] = {
    "text-generation": text_generation.main,
    "images": images.main,
    "translation": translation.main,
    "decoding": decoding.main,
    "speech": speech.main,
    "drawing": drawing.main,
    "ladder": ladder.main,
    "fitting": fitting.main,
    "systems": systems.main,
    "learning-curves": learning_curves.main,
}
NEED_DATA = {"learning-curves", "speech"}


def main() -> int:
    """Run the race named on the command line with its options, or all that need none."""
    name, options = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name and name not in RACES:
        print(f"no benchmark is called {name!r} (known: {', '.join(RACES)})", file=sys.stderr)
        return 2
    for chosen in [name] if name else [race for race in RACES if race not in NEED_DATA]:
        print(RACES[chosen](options).markdown(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
