"""The page of an explanation: what an answer is due to, by one method or several, and what each is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from armillary.reports import numbers
from armillary.reports.explanation_figures import curves_plate, picture_plate, shades, words_plate
from armillary.reports.output_text import language, shown
from armillary.reports.page import Row, Table, columns_named, render
from armillary.reports.plate import Plate
from armillary.reports.words import Words
from armillary.runs.explained import Explanation

_MOST_PICTURES = 8  # answers of one explanation that have a picture each
_STATUS = {"faithful": "faithful", "weak": "weak", "no better than random": "random"}


@dataclass(frozen=True)
class Shaded:
    """A text whose words are shaded by what they are worth to one answer."""

    answer: str
    lang: str
    words: Sequence[tuple[str, float, str]]  # the word, its value from -1 to 1, what hovering says


@dataclass(frozen=True)
class Shown:
    """One explanation of a page."""

    method: str
    status: str
    reasons: Sequence[str]
    texts: Sequence[Shaded]
    plates: Sequence[tuple[str, Plate]]  # the answer, and its picture
    curves: Plate


def explanation_page(explanations: Sequence[Explanation], words: Words) -> str:
    """Return the page about explanations of one answer."""
    first = explanations[0]
    together = "".join(first.answers)
    answers = together if language(together) else " ".join(first.answers)
    view = {
        "run": Path(first.run).name,
        "task": first.task,
        "input": shown(first.input),
        "lang": language(first.input),
        "answers": shown(answers),
        "answers_lang": language(answers),
        "status": _STATUS[first.verdict],
        "shown": [_shown(each, place, words) for place, each in enumerate(explanations)],
        "scores": _scores(explanations, words),
    }
    return render("explanation.html", words, **view)


def _shown(explanation: Explanation, place: int, words: Words) -> Shown:
    texts: list[Shaded] = []
    plates: list[tuple[str, Plate]] = []
    name = f"explained-{place}"
    answers = range(len(explanation.answers))
    if explanation.grid is not None:
        plates = [
            (shown(explanation.answers[i]), picture_plate(f"{name}-{i}", explanation, i, words))
            for i in list(answers)[:_MOST_PICTURES]
        ]
    elif len(explanation.answers) == 1:
        texts = [_shaded(explanation, 0)]
    else:
        plates = [("", words_plate(name, explanation, words))]
    return Shown(
        method=explanation.method,
        status=_STATUS[explanation.verdict],
        reasons=explanation.reasons,
        texts=texts,
        plates=plates,
        curves=curves_plate(f"{name}-curves", explanation, words),
    )


def _shaded(explanation: Explanation, answer: int) -> Shaded:
    return Shaded(
        shown(explanation.answers[answer]),
        language(" ".join(explanation.features)),
        shades(explanation, answer),
    )


def _scores(explanations: Sequence[Explanation], words: Words) -> Table:
    """Return what each explanation is worth, in numbers."""
    rows = []
    for each in explanations:
        f, c = each.faithfulness, each.checks
        cells = [
            each.method,
            words(f"status.{_STATUS[each.verdict]}"),
            numbers.percent(f.share),
            f"{f.score:.2f}",
            f"{f.random_low:.2f} – {f.random_high:.2f}",
            numbers.percent(f.beats),
            numbers.NONE if c.completeness_gap is None else numbers.percent(c.completeness_gap),
            f"{c.stability:.2f}",
            f"{c.with_random_weights:.2f}",
        ]
        rows.append(Row(cells))
    heads = columns_named(words, "method verdict share area random beats gap stability fresh")
    return Table(words("explained.caption"), heads, rows, text_columns=2)
