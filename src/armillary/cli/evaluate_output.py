"""What evaluate keeps and says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from armillary.cli.output import metric_lines
from armillary.core.files import write_json
from armillary.runs.judgement import Judgement, PairedRuns, write_judgement
from armillary.runs.run import Run

Baselines = Mapping[str, Mapping[str, float]]


def keep(run: Run, judgement: Judgement, baselines: Baselines | None) -> Path | None:
    """Write outputs and baselines, which reports show, beside ``run``'s model; return the outputs' file."""
    if baselines is not None:
        write_json(run.path / "baselines.json", baselines)
    return write_judgement(run, judgement) if judgement.examples else None


def evaluation_text(judgement: Judgement, baselines: Baselines | None, comparison: PairedRuns | None) -> str:
    """Return metrics, those of the baselines, and how the other run does."""
    text = metric_lines(judgement.metrics)
    for name, scores in (baselines or {}).items():
        text += f"\n\nbaseline {name}\n{metric_lines(scores)}"
    return f"{text}\n\n{_comparison_text(comparison)}" if comparison else text


def _comparison_text(comparison: PairedRuns) -> str:
    width = max(map(len, comparison.scores), default=0)
    lines = [
        f"{name:<{width}}  {score.difference:+.2f} [{score.low:+.2f}, {score.high:+.2f}]"
        f"  {score.ours:.2f} against {score.theirs:.2f}, p = {score.p_value:.4f}"
        for name, score in comparison.scores.items()
    ]
    head = (
        f"against {comparison.against} on the same {comparison.n_examples:,} examples: difference, its 95% "
        "interval (paired bootstrap), p (approximate randomization)"
    )
    return "\n".join([head, *lines])
