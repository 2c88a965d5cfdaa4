"""The report of two runs on the same examples: which is better, where, and what both wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers
from armillary.reports.output_figures import length_plate
from armillary.reports.output_length import by_length, edges, texts_read
from armillary.reports.output_section import Card, error_comparison, measure_name, paired_card
from armillary.reports.page import Row, Stat, Table, columns_named, render, with_interval
from armillary.reports.run_page import HEADLINES
from armillary.reports.words import Words
from armillary.runs.judgement import Judged, Judgement, PairedRuns, PairedScore
from armillary.runs.run import Run

_N_EACH = 6
_SURE = 0.05  # a p-value below is no chance

Pair = tuple[Judged, Judged]


def comparison_page(comparison: PairedRuns, judgements: tuple[Judgement, Judgement], words: Words) -> str:
    """Return the page about two runs; ``judgements`` are theirs, of the same examples in the same order."""
    runs = [Run.open(Path(path)) for path in (comparison.run, comparison.against)]
    names = _names(runs)
    measure = measure_name(judgements[0], words)
    systems = list(zip(names, judgements, strict=True))
    ranges = edges(texts_read(judgements[0]))
    lead = next(name for name in [*HEADLINES, *comparison.scores] if name in comparison.scores)
    view = {
        "names": names,
        "task": runs[0].config["task"]["kind"],
        "source": runs[0].config["task"]["source"]["kind"],
        "measure": measure,
        "n_examples": f"{comparison.n_examples:,}",
        "split": words(f"split.{comparison.split}"),
        **_verdict(comparison, lead, names, words),
        "scores": _score_table(comparison, names, words),
        "runs": _run_table(runs, names, words),
        "length": length_plate(
            [(name, by_length(mine, ranges)) for name, mine in systems], measure, words, judgements[0].reads
        ),
        "length_caption": words(
            f"length.caption.{judgements[0].reads}",
            n=f"{comparison.n_examples:,}",
            split=words(f"split.{comparison.split}"),
        ),
        "errors": error_comparison(systems, words),
        "samples": _samples(judgements, names, words),
    }
    return render("comparison.html", words, **view)


def _names(runs: Sequence[Run]) -> list[str]:
    """Return what to call two runs: their folders' names, or their paths where those are the same."""
    names = [run.name for run in runs]
    return names if names[0] != names[1] else [str(run.path) for run in runs]


def _verdict(comparison: PairedRuns, lead: str, names: Sequence[str], words: Words) -> dict[str, object]:
    """Return status, headline, lede and figures, from the metric ``lead``."""
    score = comparison.scores[lead]
    metric = words.either(f"metric.{lead}", lead)
    ahead = (score.difference > 0) == HEADLINES.get(lead, True)
    status = "undecided" if score.p_value >= _SURE else "better" if ahead else "worse"
    said = {
        "run": names[0],
        "against": names[1],
        "metric": metric,
        "ours": f"{score.ours:.1f}",
        "theirs": f"{score.theirs:.1f}",
        "difference": numbers.signed_score(score.difference),
        "interval": _interval(score),
        "p": _p_value(score.p_value),
        "n": f"{comparison.n_examples:,}",
        "split": words(f"split.{comparison.split}"),
    }
    stats = [
        Stat(words.either(f"metric.{name}", name), numbers.signed_score(each.difference), _interval(each))
        for name, each in list(comparison.scores.items())[:4]
    ]
    return {
        "status": status,
        "headline": words(f"compare.headline.{status}", **said),
        "lede": words.rich("compare.lede", **said),
        "stats": stats,
    }


def _score_table(comparison: PairedRuns, names: Sequence[str], words: Words) -> Table:
    rows = [
        Row(
            [
                words.either(f"metric.{name}", name),
                f"{score.ours:.1f}",
                f"{score.theirs:.1f}",
                with_interval(numbers.signed_score(score.difference), _interval(score)),
                _p_value(score.p_value),
            ]
        )
        for name, score in comparison.scores.items()
    ]
    heads = [words("col.metric"), *names, words("col.difference"), words("col.p")]
    return Table(words("compare.caption"), heads, rows)


def _run_table(runs: Sequence[Run], names: Sequence[str], words: Words) -> Table:
    """Return what the two runs are and took."""
    rows = []
    for index, (run, name) in enumerate(zip(runs, names, strict=True)):
        family = words.family(run.config["model"]["kind"])
        cells = [name, family, *(_taken(run, words) if run.finished else [numbers.NONE] * 4)]
        rows.append(Row(cells, index))
    heads = columns_named(words, "run family params tokens time loss", unit=words.unit("token"))
    return Table(words("compare.runs"), heads, rows, text_columns=2)


def _taken(run: Run, words: Words) -> list[str]:
    summary = run.summary
    return [
        numbers.count(summary.n_params),
        numbers.count(summary.n_tokens),
        words.seconds(summary.seconds),
        numbers.loss(summary.loss),
    ]


def _samples(
    judgements: tuple[Judgement, Judgement], names: Sequence[str], words: Words
) -> list[tuple[str, list[Card]]]:
    """Return the examples that either run did most better on, and those that both did badly on."""
    pairs = list(zip(judgements[0].examples, judgements[1].examples, strict=True))
    apart = [pair for pair in pairs if pair[0].output != pair[1].output]

    def gain(pair: Pair) -> float:
        return pair[0].score - pair[1].score

    def best(pair: Pair) -> float:
        return max(pair[0].score, pair[1].score)

    groups = (
        (words("compare.ahead", name=names[0]), _first(apart, lambda p: -gain(p), lambda p: gain(p) > 0)),
        (words("compare.ahead", name=names[1]), _first(apart, gain, lambda p: gain(p) < 0)),
        (words("compare.both"), _first(apart, best, lambda _: True)),
    )
    return [
        (heading, [paired_card(list(zip(names, pair, strict=True)), words) for pair in mine])
        for heading, mine in groups
        if mine
    ]


def _first(pairs: Sequence[Pair], key: Callable[[Pair], float], kept: Callable[[Pair], bool]) -> list[Pair]:
    """Return the first pairs by ``key``, one of each source."""
    ranked = sorted(filter(kept, pairs), key=key)
    return list({pair[0].source: pair for pair in reversed(ranked)}.values())[::-1][:_N_EACH]


def _interval(score: PairedScore) -> str:
    return numbers.interval(Interval(low=score.low, high=score.high, level=0.95), numbers.signed_score)


def _p_value(p: float) -> str:
    return "<\u00a00.001" if p < 0.001 else f"{p:.3f}"
