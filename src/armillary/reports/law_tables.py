"""The tables of fitted laws, as rows of finished text."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from armillary.fitting.selection import BackTest
from armillary.reports import numbers
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.verdict import leader, relied_on, shown_standings
from armillary.reports.words import Words
from armillary.scaling.analysis import FitsAnalysis, FittedLaw
from armillary.scaling.comparison import Crossover, Standing
from armillary.scaling.laws import LAWS


def law_table(analysis: FitsAnalysis, words: Words) -> Table:
    """Return each family's laws: formula, parameters, weight in a blend, noise, evidence of the optimum."""
    blends = any(f.fitted and f.fitted.blended for f in analysis.families)
    rows = []
    for index, family in enumerate(analysis.families):
        fitted = family.fitted
        if fitted is None:
            continue
        share = f"{fitted.certificate.share_at_optimum:.0%}"
        starts = words("law.starts", share=share, n=fitted.certificate.n_starts)
        for place, (law, weight) in enumerate(fitted.weights.items()):
            evidence = [numbers.percent(fitted.noise), starts] if place == 0 else [""] * 2
            weighed = [f"{weight:.0%}"] if blends else []
            name = words.family(family.family)
            rows.append(Row([name, _cited(law), _parameters(fitted, law), *weighed, *evidence], index))
    columns = f"family law parameters {'weight ' if blends else ''}noise starts"
    return Table(words("law.table"), columns_named(words, columns), rows, text_columns=3)


def _cited(law: str) -> Markup:
    formula = Markup(numbers.raised(str(escape(LAWS[law].formula))))
    return Markup("{}<br><small>{}</small>").format(formula, LAWS[law].citation)


def _parameters(fitted: FittedLaw, law: str) -> Markup:
    """Return a law's parameters, a line each; in a blend they bear the law's name before their own."""
    prefix = f"{law}." if fitted.blended else ""
    mine = {domain.name: fitted.parameters[prefix + domain.name] for domain in LAWS[law].domains()}
    return Markup("<br>").join(
        Markup('<span class="line">{} = {}</span>').format(numbers.greek(name), spanned(value, numbers.plain))
        for name, value in mine.items()
    )


def winner_title(analysis: FitsAnalysis, words: Words) -> str:
    """Return which family is best at the largest compute that was trained, with its probability."""
    assert analysis.comparison is not None
    winner = words.family(analysis.comparison.winner)
    chance = numbers.probability(analysis.comparison.win_probability)
    return words("winner.title", family=winner, probability=chance)


def standing_table(analysis: FitsAnalysis, words: Words) -> Table:
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


def crossovers(analysis: FitsAnalysis, words: Words) -> list[str]:
    """Return a sentence for every crossing of two families that is more likely than not."""
    assert analysis.comparison is not None
    sentences = []
    for crossing in analysis.comparison.crossovers:
        if crossing.probability < 0.5 or not (crossing.measured or relied_on(leader(analysis))):
            continue
        sentences.append(crossing_text(crossing, words))
    return sentences


def crossing_text(crossing: Crossover, words: Words) -> str:
    """Return where one family overtakes another, and how probable that is."""
    key = "winner.crossing" if crossing.measured else "winner.crossing_beyond"
    names = {"before": words.family(crossing.before), "after": words.family(crossing.after)}
    where = numbers.flop(crossing.train_flops.value)
    span = numbers.interval(crossing.train_flops.interval, numbers.flop)
    chance = numbers.probability(crossing.probability)
    return words(key, **names, flop=where, interval=span, probability=chance)


def step_table(analysis: FitsAnalysis, words: Words) -> Table:
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


def record_table(analysis: FitsAnalysis, words: Words) -> Table:
    """Return the records of the laws: chosen first, then those that were not."""
    rows = []
    for index, family in enumerate(analysis.families):
        if family.fitted is not None:
            chosen = family.fitted.back_test
            rows.append(_record(chosen, family.family, index, words, words("backtest.chosen")))
            for member in family.fitted.blended:
                share = words("backtest.weight", share=f"{family.fitted.weights[member.law]:.0%}")
                rows.append(_record(member, family.family, index, words, share))
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
