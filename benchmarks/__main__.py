"""python -m benchmarks [NAME...]: run the races and print their tables."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import images, ladder, text_generation
from benchmarks.race import Result

RACES: dict[str, Callable[[], Result]] = {
    "text-generation": text_generation.main,
    "images": images.main,
    "ladder": ladder.main,
}


def main() -> int:
    """Run the races named on the command line, or all."""
    names = sys.argv[1:] or list(RACES)
    unknown = [name for name in names if name not in RACES]
    if unknown:
        print(f"no benchmark is called {unknown[0]!r} (known: {', '.join(RACES)})", file=sys.stderr)
        return 2
    for name in names:
        print(RACES[name]().markdown(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
