"""What a ladder says in one sentence: did the law hold, and may one extrapolate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from armillary.reports import numbers
from armillary.reports.page import Stat
from armillary.reports.words import Words
from armillary.scaling.analysis import FamilyAnalysis, FitsAnalysis, LadderAnalysis
from armillary.scaling.comparison import Standing
from armillary.scaling.extrapolation import HeldOutCheck

Status = Literal["held", "missed", "unsupported", "untested", "no-law", "passed"]


@dataclass(frozen=True)
class Verdict:
    """The headline of a report.

    "unsupported": the back-test failed, whatever a held-out model said; "untested": no larger model was
    trained; "passed": that of fits alone, which hold none out.  ``advice`` is what to change, by family.
    """

    status: Status
    headline: str
    lede: str | Markup
    advice: Sequence[tuple[str, str]] = ()


def judge(analysis: LadderAnalysis, words: Words) -> Verdict:
    """Return the verdict on the family that the ladder is about (see ``leader``)."""
    family = leader(analysis)
    name, advice = words.family(family.family), _advice(analysis, words)
    if family.fitted is None:
        lede = words.rich("verdict.no-law.lede", family=name)
        return Verdict("no-law", words("verdict.no-law"), lede, advice)
    record = family.fitted.back_test
    if record.rmsle is None:
        lede = words.rich("verdict.untestable.lede", family=name)
        return Verdict("unsupported", words("verdict.unsupported"), lede, advice)
    if not record.passed or not family.checks:
        status: Status = "untested" if record.passed else "unsupported"
        lede = words.rich(f"verdict.{status}.lede", family=name, error=numbers.percent(record.rmsle))
        return Verdict(status, words(f"verdict.{status}"), lede, advice)
    return _checked(analysis, family, family.checks[-1], advice, words)


def leader(analysis: FitsAnalysis) -> FamilyAnalysis:
    """Return the family that the headline is about: of those with a model held out, the winner if it is one.

    Without such a model, the winner; without a winner, the first that has a law.
    """
    winner = analysis.comparison.winner if analysis.comparison else ""
    tested = [f for f in analysis.families if f.checks]
    candidates = tested or [f for f in analysis.families if f.fitted] or list(analysis.families)
    return next((f for f in candidates if f.family == winner), candidates[0])


def relied_on(family: FamilyAnalysis) -> bool:
    """Return whether the family has a law that passed its back-test; without one, nothing is extrapolated."""
    return family.fitted is not None and family.fitted.back_test.passed


def largest_fitted(analysis: FitsAnalysis) -> float:
    """Return the largest compute of any run that a law was fitted to, in FLOP."""
    return max(o.train_flops for f in analysis.families for o in f.observations if o.role == "fit")


def shown_standings(analysis: FitsAnalysis) -> list[Standing]:
    """Return where families are compared: past the fitted compute only if the leader's law is relied on."""
    assert analysis.comparison is not None
    end = float("inf") if relied_on(leader(analysis)) else largest_fitted(analysis) * (1 + 1e-9)
    return [standing for standing in analysis.comparison.standings if standing.train_flops <= end]


def _checked(
    analysis: LadderAnalysis,
    family: FamilyAnalysis,
    check: HeldOutCheck,
    advice: Sequence[tuple[str, str]],
    words: Words,
) -> Verdict:
    claim = check.extrapolation
    status: Status = "held" if check.inside else "missed"
    predicted, measured = numbers.loss(claim.loss), numbers.loss(check.measured)
    lede = words.rich(
        f"verdict.{status}.lede",
        family=words.family(family.family),
        params=numbers.count(claim.n_params),
        tokens=numbers.count(claim.n_tokens),
        unit=words.unit(analysis.unit),
        n=sum(o.role == "fit" for o in family.observations),
        ratio=numbers.times(claim.compute_ratio),
        error=numbers.percent(check.error, signed=True),
        interval=numbers.interval(claim.interval_90),
    )
    return Verdict(status, words(f"verdict.{status}", predicted=predicted, measured=measured), lede, advice)


def _advice(analysis: LadderAnalysis, words: Words) -> list[tuple[str, str]]:
    """Return what to change, for every family whose law cannot be relied on."""
    advice = []
    for family in analysis.families:
        name = words.family(family.family)
        if family.fitted is None:
            advice.append((name, family.problem))
        elif not family.fitted.back_test.passed:
            advice.append((name, family.fitted.back_test.verdict))
        advice += [(name, c.extrapolation.advice) for c in family.checks if c.extrapolation.advice]
    return list(dict.fromkeys(advice))


def stats(analysis: LadderAnalysis, words: Words) -> list[Stat]:
    """Return the figures under the headline: the error, the reach, the winner, what the next size buys."""
    return [
        stat
        for stat in (
            _error(analysis, words),
            _reach(analysis, words),
            _winner(analysis, words),
            _next(analysis, words),
        )
        if stat is not None
    ]


def _error(analysis: LadderAnalysis, words: Words) -> Stat | None:
    family = leader(analysis)
    if family.checks and relied_on(family):
        check = family.checks[-1]
        claim = check.extrapolation
        note = words(
            "stat.error.note",
            predicted=numbers.loss(claim.loss),
            interval=numbers.interval(claim.interval_90),
            measured=numbers.loss(check.measured),
        )
        return Stat(words("stat.error"), numbers.percent(abs(check.error)), note)
    record = family.fitted.back_test if family.fitted else None
    if record is None or record.rmsle is None or record.coverage is None:
        return None
    note = words("stat.record.note", n=len(record.steps), inside=f"{record.coverage:.0%}")
    return Stat(words("stat.record"), numbers.percent(record.rmsle), note)


def _reach(analysis: LadderAnalysis, words: Words) -> Stat | None:
    family = leader(analysis)
    if family.checks and relied_on(family):
        ratio = family.checks[-1].extrapolation.compute_ratio
        return Stat(words("stat.reach"), numbers.times(ratio), words("stat.reach.note"))
    if family.fitted is None or not family.fitted.back_test.steps:
        return None
    ratio = max(step.compute_ratio for step in family.fitted.back_test.steps)
    return Stat(words("stat.reach"), numbers.times(ratio), words("stat.reach.record"))


def _winner(analysis: LadderAnalysis, words: Words) -> Stat | None:
    if analysis.comparison is None:
        return None
    chance = numbers.probability(analysis.comparison.win_probability)
    note = words("stat.winner.note", probability=chance, flop=numbers.flop(analysis.comparison.train_flops))
    return Stat(words("stat.winner"), words.family(analysis.comparison.winner), note)


def _next(analysis: LadderAnalysis, words: Words) -> Stat | None:
    if not analysis.costs or not relied_on(leader(analysis)):
        return None
    cost = min(analysis.costs, key=lambda cost: cost.scale)
    interval = numbers.interval(cost.loss.interval)
    note = interval
    if not cost.supported:
        note = words("stat.next.unsupported", interval=interval)
    elif cost.machines:
        first = cost.machines[0]
        machine = words.either(f"machine.{first.machine}", first.machine)
        time = words.seconds(first.seconds.value)
        note = words("stat.next.time", interval=interval, time=time, machine=machine)
    label = words("stat.next", scale=numbers.times(cost.scale))
    return Stat(label, numbers.loss(cost.loss.value), note)
