"""What ``armillary quantize`` does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.cli.output import emit, note, table
from armillary.compression import Small, Target, smallest
from armillary.compression import quantize as quantized
from armillary.core.errors import RequestError
from armillary.models.quantization import Quantization

if TYPE_CHECKING:
    from armillary.cli.facts import QuantizeFacts
    from armillary.runs.run import Run


def wanted(run: Run, to: str, options: Sequence[str], targets: Sequence[str]) -> list[Quantization]:
    """Return the schemes to make: those that are named, or the smallest that reaches the targets."""
    if targets:
        return [smallest(run, [Target.parse(text) for text in targets]).override(*options)]
    return [Quantization.from_dict({"scheme": name.strip()}).override(*options) for name in to.split(",")]


def made(run: Run, schemes: Sequence[Quantization], out: Path | None, *, quiet: bool) -> list[Small]:
    """Return what each scheme gave and cost."""
    if out is not None and len(schemes) > 1:
        raise RequestError("--out names one run; leave it away for several schemes")
    found = []
    for scheme in schemes:
        if not quiet:
            note(f"{scheme.scheme}: judging on the validation and test splits")
        path = out or run.path.with_name(f"{run.path.resolve().name}-{scheme.scheme}")
        found.append(quantized(run, scheme, path))
    return found


def show(run: str, made: Sequence[Small], *, as_json: bool) -> None:
    """Print the runs that were made beside their parent."""
    facts: QuantizeFacts = {"run": run, "made": list(made)}
    if as_json:
        emit(facts, as_json, "")
        return
    first = made[0]
    parent = [Path(first.parent).name, _bytes(first.parent_bytes), "32", f"{first.parent_loss:.4f}"]
    rows = [[*parent, f"{first.parent_score:.4g}", ""], *(_row(each) for each in made)]
    table(["run", "size", "bits a weight", "loss", first.metric, "difference"], rows)
    for each in made:
        print(each.run)


def _row(small: Small) -> list[str]:
    interval = "" if small.low is None else f" [{small.low:.4g}, {small.high:.4g}]"
    size = f"{_bytes(small.n_bytes)} ({small.n_bytes / small.parent_bytes:.0%})"
    cells = [Path(small.run).name, size, f"{small.bits_per_weight:.1f}", f"{small.loss:.4f}"]
    return [*cells, f"{small.score:.4g}{interval}", _difference(small)]


def _difference(small: Small) -> str:
    """Return the difference to the parent, with its interval where it was tested on the same examples."""
    score = None if small.paired is None else small.paired.scores.get(small.metric)
    if score is None:
        return f"{small.score - small.parent_score:+.4g}"
    return f"{score.difference:+.2f} [{score.low:+.2f}, {score.high:+.2f}], p = {score.p_value:.3f}"


def _bytes(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
