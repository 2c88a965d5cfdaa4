"""The tables of a ladder's report, as rows of finished text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from armillary.fitting.selection import BackTest
from armillary.reports import numbers
from armillary.reports.check_figures import residuals
from armillary.reports.metric_table import Metrics, metric_table
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.verdict import leader, relied_on, shown_standings
from armillary.reports.words import Words
from armillary.scaling.analysis import LadderAnalysis
from armillary.scaling.comparison import Standing


def law_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return each family's law: formula, parameters with intervals, noise, evidence of the optimum."""
    rows = []
    for index, family in enumerate(analysis.families):
        fitted = family.fitted
        if fitted is None:
            continue
        formula = Markup(numbers.raised(str(escape(fitted.formula))))
        cited = Markup("{}<br><small>{}</small>").format(formula, fitted.citation)
        parameters = Markup("<br>").join(
            Markup('<span class="line">{} = {}</span>').format(
                numbers.greek(name), spanned(value, numbers.plain)
            )
            for name, value in fitted.parameters.items()
        )
        share = f"{fitted.certificate.share_at_optimum:.0%}"
        starts = words("law.starts", share=share, n=fitted.certificate.n_starts)
        cells = [words.family(family.family), cited, parameters, numbers.percent(fitted.noise), starts]
        rows.append(Row(cells, index))
    return Table(
        words("law.table"), columns_named(words, "family law parameters noise starts"), rows, text_columns=3
    )


def standing_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return every family's expected loss and who wins, a row per decade of compute."""
    standings = shown_standings(analysis)
    families = list(standings[0].losses)
    rows = []
    for standing in _every_decade(standings):
        chance = numbers.probability(standing.win_probability[standing.winner])
        losses = [spanned(standing.losses[family]) for family in families]
        winner = with_interval(words.family(standing.winner), chance)
        rows.append(Row([numbers.flop(standing.train_flops), *losses, winner]))
    columns = [words("col.flop"), *map(words.family, families), words("col.winner")]
    return Table(words("winner.table"), columns, rows)


def _every_decade(standings: Sequence[Standing]) -> list[Standing]:
    """Return about one standing per factor of ten, the first and the last among them."""
    kept = [standings[0]]
    for standing in standings[1:]:
        if standing.train_flops >= 9.0 * kept[-1].train_flops:
            kept.append(standing)
    if kept[-1] is not standings[-1]:
        near = len(kept) > 1 and standings[-1].train_flops < 3 * kept[-1].train_flops
        kept[-1 if near else len(kept) :] = [standings[-1]]
    return kept


def crossovers(analysis: LadderAnalysis, words: Words) -> list[str]:
    """Return a sentence for every crossing of two families that is more likely than not."""
    assert analysis.comparison is not None
    sentences = []
    for crossing in analysis.comparison.crossovers:
        if crossing.probability < 0.5 or not (crossing.measured or relied_on(leader(analysis))):
            continue
        key = "winner.crossing" if crossing.measured else "winner.crossing_beyond"
        names = {"before": words.family(crossing.before), "after": words.family(crossing.after)}
        where = numbers.flop(crossing.train_flops.value)
        span = numbers.interval(crossing.train_flops.interval, numbers.flop)
        chance = numbers.probability(crossing.probability)
        sentences.append(words(key, **names, flop=where, interval=span, probability=chance))
    return sentences


def check_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return the models that were held out: predicted, measured, inside or not."""
    rows = []
    for index, family in enumerate(analysis.families):
        for check in family.checks:
            claim = check.extrapolation
            cells = [
                words.family(family.family),
                numbers.count(claim.n_params),
                numbers.count(claim.n_tokens),
                numbers.times(claim.compute_ratio),
                with_interval(numbers.loss(claim.loss), numbers.interval(claim.interval_90)),
                numbers.loss(check.measured),
                numbers.signed_percent(check.error),
                words("yes" if check.inside else "no"),
            ]
            rows.append(Row(cells, index))
    columns = "family params tokens ratio predicted measured error inside"
    return Table(words("backtest.checks"), columns_named(words, columns), rows)


def step_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return every step of the back-tests of the laws that were chosen."""
    rows = []
    for index, family in enumerate(analysis.families):
        for step in family.fitted.back_test.steps if family.fitted else ():
            cells = [
                words.family(family.family),
                str(step.n_fitted),
                numbers.times(step.compute_ratio),
                with_interval(numbers.loss(step.predicted), numbers.interval(step.interval)),
                numbers.loss(step.measured),
                numbers.signed_percent(step.error),
                words("yes" if step.measured in step.interval else "no"),
            ]
            rows.append(Row(cells, index))
    columns = "family fitted ratio predicted measured error inside"
    return Table(words("backtest.table"), columns_named(words, columns), rows)


def record_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return the records of the laws: chosen first, then those that were not."""
    rows = []
    for index, family in enumerate(analysis.families):
        if family.fitted is not None:
            chosen = family.fitted.back_test
            rows.append(_record(chosen, family.family, index, words, words("backtest.chosen")))
            rows += [_record(r, family.family, index, words) for r in family.fitted.alternatives]
    columns = "family law rmsle bias coverage passed"
    return Table(words("backtest.laws"), columns_named(words, columns), rows, text_columns=2)


def _record(record: BackTest, family: str, index: int, words: Words, tag: str = "") -> Row:
    error = numbers.known(record.rmsle, numbers.percent)
    bias = numbers.known(record.bias, numbers.signed_percent)
    share = numbers.known(record.coverage, lambda value: f"{value:.0%}")
    inside = words("backtest.inside", share=share, n=len(record.steps))
    passed = words("yes" if record.passed else "no")
    return Row([words.family(family), record.law, error, bias, inside, passed], index, tag)


def run_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return every run: size, data, compute, loss, what the law leaves over, time and speed."""
    rows = []
    for index, family in enumerate(analysis.families):
        rows.append(Row([words.family(family.family)], index, heading=True))
        rest = {o.name: residual for o, residual in residuals(family)}
        for o in sorted(family.observations, key=lambda o: (o.n_params, o.n_tokens)):
            speed = None if not o.seconds else numbers.count(o.n_tokens / o.seconds)
            cells = [
                numbers.count(o.n_params),
                numbers.count(o.n_tokens),
                numbers.flop(o.train_flops),
                numbers.loss(o.loss),
                numbers.signed_percent(rest[o.name]) if o.name in rest else numbers.NONE,
                numbers.NONE if o.seconds is None else words.seconds(o.seconds),
                speed or numbers.NONE,
            ]
            tag = words("runs.held_out") if o.role == "held-out" else ""
            rows.append(Row(cells, tag=tag, lead=bool(tag)))
    unit = words.unit(analysis.unit)
    columns = columns_named(words, "params tokens flop loss residual seconds speed", unit=unit)
    return Table(words("runs.table", unit=unit), columns, rows)


def baseline_table(analysis: LadderAnalysis, best: Mapping[str, Metrics], words: Words) -> Table | None:
    """Return the baselines beside each family's best run on the test split; None without baselines.

    ``best`` has the metrics of those runs by family.  Only what both measured is compared.
    """
    if not analysis.baselines:
        return None
    everyone = [*analysis.baselines.values(), *best.values()]
    shown = [name for name in everyone[0] if all(name in metrics for metrics in everyone)]
    index = {f.family: i for i, f in enumerate(analysis.families)}
    named: list[tuple[str, Metrics, int | None]] = [
        (name, metrics, None) for name, metrics in analysis.baselines.items()
    ]
    named += [(words.family(family), metrics, index[family]) for family, metrics in best.items()]
    return metric_table(words("baselines.table"), named, shown, words)
