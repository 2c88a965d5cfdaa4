"""Hold the sources to their size: files of at most 400 lines, nine functions in ten of at most 45."""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path

MAX_FILE = 400
MAX_FUNCTION_P90 = 45
ROOTS = ("src", "tests", "benchmarks", "tools")


def function_lengths(path: Path) -> list[int]:
    """Return the lines of each function in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [(f.end_lineno or f.lineno) - f.lineno + 1 for f in functions]


def main() -> int:
    """Print what is over budget; return the exit status."""
    files = [path for root in ROOTS for path in sorted(Path(root).rglob("*.py"))]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    long = {path: n for path, n in lines.items() if n > MAX_FILE}
    for path, n in long.items():
        print(f"{path}: {n} lines, {MAX_FILE} allowed; split it")
    lengths = [n for path in files if path.parts[0] == "src" for n in function_lengths(path)]
    deciles = statistics.quantiles(lengths, n=10)
    source = sum(n for path, n in lines.items() if path.parts[0] == "src")
    tests = sum(n for path, n in lines.items() if path.parts[0] == "tests")
    print(
        f"size: {source} lines of source in {len(lengths)} functions "
        f"(median {statistics.median(lengths):.0f}, 90% up to {deciles[-1]:.0f}), {tests} lines of tests"
    )
    return 1 if long or deciles[-1] > MAX_FUNCTION_P90 else 0


if __name__ == "__main__":
    sys.exit(main())
