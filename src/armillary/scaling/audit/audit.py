"""Check claims about training: what a text says, by arithmetic and against the runs on record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from armillary.core.errors import RequestError
from armillary.scaling.audit.checks import expected
from armillary.scaling.audit.claims import Claim, read_claims
from armillary.scaling.audit.expectation import Expectation, Verdict
from armillary.scaling.audit.facts import Facts, Source, agrees
from armillary.scaling.audit.phrases import Language, amount, say, share, times, with_unit
from armillary.scaling.audit.quantities import Quantity
from armillary.scaling.audit.records import UtilisationBand, historical_band, known_accelerator
from armillary.scaling.audit.slips import Reading, plausible_readings

# the worst comes first: what a claim as a whole is, of what its quantities are
ORDER: tuple[Verdict, ...] = ("impossible", "too_high", "too_low", "plausible", "cannot_say", "given")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One quantity of a claim, what it should be, and the arithmetic."""

    quantity: Quantity
    verdict: Verdict
    expectation: Expectation  # the band, in base units, with its arithmetic
    factor: float | None  # how many times too high or too low, at least 1
    utilisation: float | None  # implied: C / (device time x peak)
    readings: tuple[Reading, ...]  # that would be plausible, where the claim is not
    lines: tuple[str, ...]  # the arithmetic, in the language of the audit
    summary: str


@dataclass(frozen=True, kw_only=True)
class ClaimAudit:
    """What is to be said of one claim."""

    claim: Claim
    verdict: Verdict
    summary: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]  # what differs from the record, how names were read
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True)
class AuditResult:
    """The audit of a text: each claim, and the utilisation of the runs on record it was held against."""

    language: Language
    verdict: Verdict  # the worst of the claims'
    claims: tuple[ClaimAudit, ...]
    utilisation: UtilisationBand


def audit(text: str, language: str | None = None) -> AuditResult:
    """Check the claims that ``text`` makes about training, in English or Chinese.

    Answers in the language of the text, or in ``language`` ("en", "zh").  RequestError when there is
    nothing to check.
    """
    if language not in (None, "en", "zh"):
        raise RequestError(f"no language is called {language!r}; choose en or zh")
    chosen: Language = "zh" if language == "zh" or (language is None and CHINESE.search(text)) else "en"
    claims = tuple(_audit_claim(Facts(claim=claim, language=chosen)) for claim in read_claims(text))
    return AuditResult(
        language=chosen,
        verdict=_worst(c.verdict for c in claims),
        claims=claims,
        utilisation=historical_band(),
    )


def _audit_claim(facts: Facts) -> ClaimAudit:
    checks = tuple(_check(facts, quantity) for quantity in facts.claim.quantities)
    verdict = _worst(check.verdict for check in checks if check.verdict != "given")
    told = [check for check in checks if check.verdict == verdict]
    return ClaimAudit(
        claim=facts.claim,
        verdict=verdict,
        summary="; ".join(check.summary for check in told or checks),
        checks=checks,
        notes=tuple(_notes(facts)),
        sources=tuple(dict.fromkeys(s for check in checks for s in check.expectation.sources)),
    )


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return min(verdicts, key=ORDER.index, default="cannot_say")


def _check(facts: Facts, quantity: Quantity) -> Check:
    expectation = expected(facts, quantity)
    verdict = expectation.verdict(quantity.low, quantity.high)
    off = verdict in ("too_high", "too_low", "impossible")
    readings = plausible_readings(facts, quantity, expectation) if off else ()
    utilisation = _implied(facts, quantity)
    factor = expectation.factor(quantity.value) if verdict not in ("cannot_say", "given") else None
    lines = [*expectation.lines, say(facts.language, "claimed", value=_claimed(facts, quantity))]
    if utilisation is not None:
        lines.append(_implied_line(facts, utilisation))
    return Check(
        quantity=quantity,
        verdict=verdict,
        expectation=expectation,
        factor=factor,
        utilisation=utilisation,
        readings=readings,
        lines=tuple(lines),
        summary=_summary(facts, quantity, verdict, factor, readings),
    )


def _implied(facts: Facts, quantity: Quantity) -> float | None:
    """Return the utilisation that a claimed device time needs."""
    computes = facts.computes()
    if quantity.kind != "device_time" or not computes or not facts.peak:
        return None
    return computes[0].flops / (quantity.value * facts.peak)


def _implied_line(facts: Facts, utilisation: float) -> str:
    band = historical_band()
    values = {"floor": share(band.floor), "low": share(band.low), "high": share(band.high)}
    return say(facts.language, "implied", value=share(utilisation), **values)


def _claimed(facts: Facts, quantity: Quantity) -> str:
    value = with_unit(quantity.value / quantity.factor, quantity.unit, facts.language)
    if "×" in quantity.text:
        return say(facts.language, "product", text=quantity.text, value=value)
    if quantity.low == quantity.high:
        return value
    low, high = (amount(v / quantity.factor, facts.language) for v in (quantity.low, quantity.high))
    return say(facts.language, "bound", text=quantity.text, low=low, high=high)


def _summary(
    facts: Facts, quantity: Quantity, verdict: Verdict, factor: float | None, readings: tuple[Reading, ...]
) -> str:
    what = _claimed(facts, quantity)
    if verdict in ("too_high", "too_low") and factor is None:
        verdict = "impossible"
    line = say(facts.language, f"is_{verdict}", what=what, factor=times(factor or 1.0))
    if readings:
        either = say(facts.language, "or").join(reading.text for reading in readings)
        line += say(facts.language, "readings", readings=either)
    return line


def _notes(facts: Facts) -> Iterable[str]:
    run, claim, language = facts.run, facts.claim, facts.language
    if claim.unread:
        yield say(language, "unread", numbers=", ".join(claim.unread))
    if run is None:
        return
    if claim.family:
        yield say(language, "family", text=claim.family, model=run.name)
    for quantity, known, source in (
        (claim.first("params"), run.n_params, run.size_source),
        (claim.first("tokens"), run.n_tokens, run.size_source),
        (claim.first("devices"), run.n_devices if facts.same_hardware else None, run.hardware_source),
    ):
        if quantity is None or known is None or quantity.bound == "per":
            continue
        if not agrees(quantity.value, known) and quantity.value != run.n_active_params:
            text, record = (with_unit(v, quantity.unit, language) for v in (quantity.value, known))
            yield say(language, "differs", text=text, model=run.name, record=record, source=source)
    if claim.hardware and run.hardware and not facts.same_hardware:
        recorded = known_accelerator(run.hardware)
        name = recorded.name if recorded else run.hardware
        yield say(language, "hardware_differs", text=claim.hardware, model=run.name, record=name)
    if run.note:
        yield say(language, "note", model=run.name, note=run.note_zh if language == "zh" else run.note)
