"""What ``armillary explain`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.cli.output import emit, note, table
from armillary.core.errors import RequestError
from armillary.explanation import Asked, Explainer, rank
from armillary.explanation.faithfulness import Judge
from armillary.explanation.methods import METHODS
from armillary.reports import report_explanations

if TYPE_CHECKING:
    from armillary.cli.run_facts import ExplainFacts, RankFacts
    from armillary.inference import Model
    from armillary.runs.explained import Explanation, Ranking

SHOWN = 6  # features of an answer, the weightiest


def check(input_: str | None, *, compare: bool, out: Path | None) -> None:
    """Raise RequestError where what is asked for does not go together."""
    if compare and (input_ is not None or out is not None):
        raise RequestError("--compare takes inputs from the test split itself, and writes no page")
    if not compare and input_ is None:
        raise RequestError("explain takes an INPUT, or --compare for many of the test split")


def asked(input_: str | None, answer: str | None, against: str | None) -> Asked:
    """Return what to explain."""
    return Asked(input_, answer, against)


def show_explanations(
    run: str,
    model: Model,
    asked: Asked,
    methods: Sequence[str],
    *,
    out: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Print one answer's explanations, and write the page where one is asked for."""
    for name in methods:
        METHODS[name]  # an unknown one is told before any work
    explainer = Explainer(model)
    subject = explainer.subject(asked)
    judge = Judge.of(subject.question)
    names: Sequence[str | None] = methods or [None]
    found = [explainer.explanation(subject, name, judge) for name in names]
    page = report_explanations(found, out, lang) if out is not None else None
    facts: ExplainFacts = {"run": run, "explanations": found, "report": str(page) if page else None}
    texts = [_text(each) for each in found]
    emit(facts, as_json, "\n\n".join([*texts, *([str(page)] if page else [])]))


def show_ranking(
    run: str, model: Model, methods: Sequence[str], n_inputs: int, *, as_json: bool, quiet: bool
) -> None:
    """Print how methods fare over many inputs."""
    ranking = rank(model, methods, n_inputs, (lambda _: None) if quiet else note)
    facts: RankFacts = {"run": run, "ranking": ranking}
    if as_json:
        emit(facts, as_json, "")
    else:
        _show_table(ranking)


def _text(explanation: Explanation) -> str:
    """Return the weightiest features of each answer, and what the explanation is worth."""
    lines = [f"{explanation.method}: why {_short(explanation.input)}"]
    rows = zip(explanation.answers, explanation.scores, explanation.attributions, strict=True)
    for answer, score, row in rows:
        order = sorted(range(len(row)), key=lambda i: -abs(row[i]))[:SHOWN]
        parts = ", ".join(f"{explanation.features[i]} {row[i]:+.2f}" for i in order)
        lines.append(f"  {_short(answer)} ({score:+.1f} nats)  {parts}")
    f, c = explanation.faithfulness, explanation.checks
    lines += [
        f"{explanation.verdict}" + "".join(f"; {reason}" for reason in explanation.reasons),
        f"  area {f.score:.2f} nats, {f.share:.0%} of what the input is worth; random explanations "
        f"{f.random_low:.2f} to {f.random_high:.2f}, {f.beats:.0%} of {f.n_random} beaten",
        f"  stability {c.stability:.2f}, alike with random weights {c.with_random_weights:.2f}"
        + ("" if c.completeness_gap is None else f", completeness gap {c.completeness_gap:.1%}"),
    ]
    return "\n".join(lines)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 72 else flat[:71] + "…"


def _show_table(ranking: Ranking) -> None:
    left_out = f", {ranking.n_left_out} left out" if ranking.n_left_out else ""
    print(f"{ranking.run}: {ranking.task}, {ranking.n_inputs} inputs of the test split{left_out}")
    rows = [
        [
            each.method,
            f"{each.share:.0%} [{each.low:.0%}, {each.high:.0%}]",
            f"{each.faithful:.0%}",
            f"{each.useless:.0%}",
            f"{each.stability:.2f}",
            f"{each.with_random_weights:.2f}",
            f"{each.seconds:.2f} s",
        ]
        for each in ranking.methods
    ]
    heads = ["method", "area of the answer", "faithful", "as random", "stable", "random weights", "time"]
    table(heads, rows)
