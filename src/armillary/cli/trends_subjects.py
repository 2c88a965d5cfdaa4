"""What ``armillary trends`` can be asked: a quantity, or one of the questions that follow from its trend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary.cli import trends_money, trends_output, trends_tables
from armillary.core.errors import RequestError, UnknownNameError
from armillary.core.units import parse_count

if TYPE_CHECKING:
    from armillary.trends.bottlenecks import ReviewLimit
    from armillary.trends.projection import Projection
    from armillary.trends.rows import Table
    from armillary.trends.series import Series

COMPUTE = "training_flop"
FRONTIER = 10  # rows of the demand that is held against limits
SINCE = 2010.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked on the command line."""

    subject: str
    words: tuple[str, ...]
    data: Path | None
    rules: Mapping[str, Any]  # fields of a Selection
    everything: bool
    until: float
    ceiling: float | None
    method: str
    quantile: float | None
    out: Path | None
    seed: int
    as_json: bool


def answer(question: Question) -> None:
    """Answer on standard output.  Raises UnknownNameError for a subject that is none."""
    if question.subject in SUBJECTS:
        SUBJECTS[question.subject](question)
        return
    from armillary.trends.record.shipped import quantities

    known = quantities()
    if question.data is None and question.subject not in known:
        raise UnknownNameError("quantity or subject of trends", question.subject, [*known, *SUBJECTS])
    _quantity(replace(question, rules={**question.rules, **_rules(question.words)}))


def _rules(words: tuple[str, ...]) -> dict[str, Any]:
    """Return further rules of selection: ``large_scale``, ``uncertainty=1``, ``edition=latest``."""
    from armillary.trends.selection import Selection

    known = {field.name: field.default for field in fields(Selection)}
    rules: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if name not in known:
            raise UnknownNameError("rule of selection", name, known)
        if bool(sign) == isinstance(known[name], bool):
            raise RequestError(f"{word!r} is no rule; write {name}{'' if sign else '=VALUE'}")
        numeric = isinstance(known[name], float)
        rules[name] = (parse_count(value) if numeric else value) if sign else True
    return rules


def _selected(question: Question, name: str, path: Path | None, **rules: Any) -> tuple[Series, Table]:
    from armillary.trends.record.tables import table_of
    from armillary.trends.selection import Selection, select

    table, models = table_of(name, path)
    asked = {key: value for key, value in question.rules.items() if value is not None}
    chosen = Selection(notable=models and not question.everything, **rules | asked)
    return select(table, name, chosen), table


def _projected(question: Question, series: Series) -> Projection:
    from armillary.trends.projection import project, years_until

    years = years_until(series, question.until)
    return project(series, years, question.method, seed=question.seed)


def _quantity(question: Question) -> None:
    from armillary.trends.quantiles import quantile_growth
    from armillary.trends.trend_file import save_trend

    series, table = _selected(question, question.subject, question.data)
    series = series if question.ceiling is None else replace(series, ceiling=question.ceiling)
    projection = _projected(question, series)
    edge = None
    if question.quantile is not None:
        edge = (question.quantile, quantile_growth(series, question.quantile, seed=question.seed))
    if question.out is not None:
        save_trend(projection, question.out)
    trends_output.emit_projection(projection, edge, table, question.out, question.as_json)


def _bottlenecks(question: Question) -> None:
    from armillary.trends.bottlenecks import ReviewBudget, bottlenecks
    from armillary.trends.projection import top_paths
    from armillary.trends.record.assumptions import assumptions, parse_overrides

    stated = parse_overrides(question.words)
    sites = _sites(stated.pop("sites", "campus"))
    review = _review({field.name: stated.pop(field.name, None) for field in fields(ReviewBudget)})
    assumptions(stated)  # a name that is none is said before anything is fitted
    series, _ = _selected(question, COMPUTE, question.data, since=SINCE, frontier=FRONTIER)
    projection = _projected(question, series)
    years = np.arange(np.ceil(series.dates.max()), question.until + 0.5)
    demand = top_paths(projection, years)
    found = bottlenecks(demand, years, overrides=stated, sites=sites, seed=question.seed)
    trends_tables.emit_bottlenecks(found, projection, review, question.as_json)


def _review(stated: Mapping[str, str | None]) -> ReviewLimit | None:
    """Return what a stated review of decisions comes to; None where nothing of one is stated."""
    from armillary.trends.bottlenecks import ReviewBudget, review_limit

    numbers = {name: parse_count(value) for name, value in stated.items() if value is not None}
    if not numbers:
        return None
    if missing := [name for name in stated if name not in numbers]:
        raise RequestError(f"a review needs {', '.join(missing)} too; write {missing[0]}=NUMBER")
    return review_limit(ReviewBudget(**numbers))


def _sites(name: str) -> Any:
    from armillary.trends.limits import SITES

    if name not in SITES:
        raise UnknownNameError("kind of sites", name, SITES)
    return name


def _innovations(question: Question) -> None:
    from armillary.trends.ledger import RESOURCES, compare, ledger

    domain = question.rules["domain"] or "language"
    ledgers = [ledger(resource, domain=domain) for resource in question.words or RESOURCES]
    trends_tables.emit_innovations(ledgers, compare(), question.as_json)


def _families(question: Question) -> None:
    from armillary.core.errors import FitError
    from armillary.trends.families import adoption, family_shares
    from armillary.trends.record.tables import table_of

    table, _ = table_of(COMPUTE, question.data)
    shares = family_shares(table.rows)
    curves, problems = [], {}
    for family in question.words or shares.families:
        try:
            curves.append(adoption(table.rows, family))
        except FitError as error:
            problems[family] = str(error)
    trends_tables.emit_families(shares, curves, problems, question.as_json)


def _drift(question: Question) -> None:
    from armillary.trends.drift import drift
    from armillary.trends.projection import trend_courses

    if len(question.words) not in (2, 3):
        raise RequestError("drift compares two tables: armillary trends drift OLD.csv NEW.csv [QUANTITY]")
    older_path, newer_path, name = (*question.words, COMPUTE)[:3]
    older, _ = _selected(question, name, Path(older_path))
    newer, _ = _selected(question, name, Path(newer_path))
    projection = _projected(question, older)
    first = np.ceil(older.dates.max())
    years = np.arange(first, max(question.until, first) + 0.5)
    found = drift(older, newer, years, lambda series, at: trend_courses(projection, series, at))
    trends_tables.emit_drift(found, projection, question.as_json)


def _affordable(question: Question) -> None:
    trends_money.affordable(
        question, lambda name: _projected(question, _selected(question, name, question.data)[0])
    )


SUBJECTS: dict[str, Callable[[Question], None]] = {
    "bottlenecks": _bottlenecks,
    "innovations": _innovations,
    "families": _families,
    "drift": _drift,
    "affordable": _affordable,
    "levers": trends_money.levers,
}
