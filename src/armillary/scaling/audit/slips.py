"""Slips of the pen: readings of a claim that would be plausible where what it says is not.

Days for hours, a thousand too many, million for billion, 万 for 亿, FLOP for FLOP/s, PF-days for FLOP, bytes
for parameters, nodes for devices, yuan for dollars, another accelerator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from armillary.scaling.audit.checks import expected
from armillary.scaling.audit.expectation import Expectation
from armillary.scaling.audit.facts import Facts, agrees
from armillary.scaling.audit.phrases import amount, say, unit_name, with_unit
from armillary.scaling.audit.quantities import Quantity
from armillary.scaling.audit.records import historical_band
from armillary.scaling.audit.units import (
    CNY_PER_USD,
    DAY,
    DEVICES_PER_NODE,
    HOUR,
    PREFIXES,
    TIMES,
    YEAR,
    Kind,
)

PF_DAY = PREFIXES["p"] * DAY
SPARSEST, DENSEST = 0.02, 0.6  # shares of their parameters that sparse models use: Kimi K2 0.03, Mixtral 0.28
MOST = 3  # readings that are told
TIME_UNITS = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": YEAR / 12, "year": YEAR}
THOUSANDS: tuple[float, ...] = (1e-3, 1e3, 1e-6, 1e6)
MYRIADS: tuple[float, ...] = (1e-4, 1e4)
OTHER_HARDWARE = ("V100", "A100", "H100")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Another reading of a claimed quantity, one that is plausible."""

    slip: str  # unit, scale, nodes, bytes, currency, hardware, sparse
    value: float  # in base units of ``kind``
    kind: Kind  # what the amount is of
    unit: str  # as people write it
    text: str  # the reading in words


def plausible_readings(facts: Facts, quantity: Quantity, expectation: Expectation) -> tuple[Reading, ...]:
    """Return the readings of ``quantity`` that would be plausible, the likeliest slips first."""
    found = []
    for slip, changed, text in _readings(facts, quantity):
        expects = expectation if changed.kind == quantity.kind else expected(facts, changed)
        if expects.verdict(changed.low, changed.high) == "plausible":
            found.append(
                Reading(slip=slip, value=changed.value, kind=changed.kind, unit=changed.unit, text=text)
            )
    if quantity.kind == "device_time" and not facts.claim.hardware:
        found += _on_other_hardware(facts, quantity)
    if quantity.kind == "device_time":
        found += _sparse(facts, quantity)
    return tuple(found[:MOST])


def _readings(facts: Facts, quantity: Quantity) -> Iterator[tuple[str, Quantity, str]]:
    language = facts.language
    for changed in (*_other_units(quantity), *_other_kinds(quantity)):
        yield "unit", changed, say(language, "unit", unit=unit_name(changed.unit, language))
    if quantity.kind == "money":
        other, factor = ("CNY", 1 / CNY_PER_USD) if quantity.unit == "USD" else ("USD", CNY_PER_USD)
        changed = _scaled(quantity, factor, other, quantity.factor * factor)
        yield "currency", changed, say(language, "currency", unit=unit_name(other, language))
    for factor in _scales(quantity):
        changed = _scaled(quantity, factor, quantity.unit, quantity.factor)
        shown = with_unit(changed.value / changed.factor, changed.unit, language)
        yield "scale", changed, say(language, "scale", value=shown)
    if quantity.kind in ("devices", "device_time") and facts.claim.first("devices"):
        changed = _scaled(quantity, DEVICES_PER_NODE, quantity.unit, quantity.factor)
        count = facts.claim.first("devices")
        shown = f"{count.value:,.0f}" if count else ""
        yield "nodes", changed, say(language, "nodes", n=shown, per=str(DEVICES_PER_NODE))
    if quantity.kind == "params":
        for per in (2, 4):
            changed = _scaled(quantity, 1 / per, quantity.unit, quantity.factor)
            yield "bytes", changed, say(language, "bytes", per=str(per))


def _scaled(quantity: Quantity, factor: float, unit: str, unit_factor: float) -> Quantity:
    low, value, high = (factor * v for v in (quantity.low, quantity.value, quantity.high))
    return replace(quantity, low=low, value=value, high=high, unit=unit, factor=unit_factor)


def _other_units(quantity: Quantity) -> Iterator[Quantity]:
    """Yield the quantity with the unit of time or of energy exchanged for its neighbours."""
    if quantity.kind in ("device_time", "duration"):
        base = quantity.unit.removeprefix("GPU-")
        for name in TIME_UNITS:
            if name != base and base in TIMES:
                unit = quantity.unit.replace(base, name)
                yield _scaled(quantity, TIME_UNITS[name] / quantity.factor, unit, TIME_UNITS[name])
    if quantity.kind == "energy":
        for unit, factor in (("kWh", 1.0), ("MWh", 1e3), ("GWh", 1e6)):
            if unit != quantity.unit:
                yield _scaled(quantity, factor / quantity.factor, unit, factor)


def _other_kinds(quantity: Quantity) -> Iterator[Quantity]:
    """Yield FLOP read as FLOP/s and back, and FLOP as PF-days."""
    number = quantity.value / quantity.factor
    low, high = quantity.low / quantity.factor, quantity.high / quantity.factor

    def as_kind(kind: Kind, unit: str, factor: float) -> Quantity:
        return replace(
            quantity,
            kind=kind,
            value=number * factor,
            low=low * factor,
            high=high * factor,
            unit=unit,
            factor=factor,
        )

    if quantity.kind == "rate":
        yield as_kind("compute", quantity.unit.removesuffix("/s"), quantity.factor)
        yield as_kind("compute", "PFLOP/s-day", PF_DAY)
    if quantity.kind == "compute":
        if quantity.unit != "FLOP":
            yield as_kind("compute", "FLOP", 1.0)
        if quantity.unit != "PFLOP/s-day":
            yield as_kind("compute", "PFLOP/s-day", PF_DAY)
        if not quantity.unit.startswith("PFLOP/s"):
            yield as_kind("rate", f"{quantity.unit}/s", quantity.factor)


def _scales(quantity: Quantity) -> tuple[float, ...]:
    if quantity.kind in ("utilisation", "duration"):
        return ()
    chinese = any(sign in quantity.text for sign in "万亿")
    return (*MYRIADS, *THOUSANDS) if chinese else THOUSANDS


def _sparse(facts: Facts, quantity: Quantity) -> Iterator[Reading]:
    """Yield the parameters that a token may have used, where the text gives a size without them."""
    size, computes = facts.claim.first("params"), facts.computes()
    if size is None or facts.claim.first("active_params") or facts.run or not (computes and facts.peak):
        return
    share = historical_band().typical * quantity.value * facts.peak / computes[0].flops
    if SPARSEST < share < DENSEST:
        active = amount(share * size.value, facts.language)
        text = say(facts.language, "sparse", n=active)
        yield Reading(
            slip="sparse", value=share * size.value, kind="active_params", unit="parameter", text=text
        )


def _on_other_hardware(facts: Facts, quantity: Quantity) -> Iterator[Reading]:
    """Yield the accelerators on which the time would be plausible, where the text names none."""
    for name in OTHER_HARDWARE:
        other = replace(facts, claim=replace(facts.claim, hardware=name))
        if agrees(other.peak or 1.0, facts.peak):
            continue
        if expected(other, quantity).verdict(quantity.low, quantity.high) == "plausible":
            text = say(facts.language, "hardware", hardware=name)
            yield Reading(
                slip="hardware", value=quantity.value, kind=quantity.kind, unit=quantity.unit, text=text
            )
