"""What training should have cost in money, energy and CO2, from the hours of its devices."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.scaling.audit.expectation import Expectation
from armillary.scaling.audit.facts import Facts, Source, source_of
from armillary.scaling.audit.phrases import amount, say, with_unit
from armillary.scaling.audit.quantities import Quantity
from armillary.scaling.audit.records import historical_band
from armillary.scaling.audit.units import CNY_PER_USD, HOUR

# A large customer pays or writes off a quarter of the on-demand price (Cottier et al. 2024,
# arXiv:2405.21015, amortised against rented cost); list prices of the largest clouds are half as much again.
PRICE_LOW, PRICE_HIGH = 0.25, 1.5
# Devices in training draw from 0.7 of their rated power alone to 1.69 of it with their server
# (arXiv:2405.21015), times a power usage effectiveness of 1.58, the average (Uptime Institute 2023).
POWER_LOW, POWER_HIGH = 0.7, 1.69 * 1.58
# kg CO2 per kWh over the life cycle, from wind and nuclear to coal (IPCC AR5 WG3 2014, table A.III.2).
GRID_LOW, GRID_HIGH = 0.011, 0.82
ACCOUNTS = 4.0  # one run's figures differ with what they count: grid or market, manufacturing, idle servers


@dataclass(frozen=True, kw_only=True)
class Hours:
    """The device-hours that costs are worked out from."""

    low: float
    high: float
    typical: float
    sources: tuple[Source, ...] = ()


def device_hours(facts: Facts) -> Hours | None:
    """Return device-hours: the text's, else the record's, else those of the historical utilisation."""
    if facts.device_seconds:
        stated, hours = facts.claim.first("device_time"), facts.device_seconds / HOUR
        low, high = (stated.low / HOUR, stated.high / HOUR) if stated else (hours, hours)
        sources = () if stated else tuple(facts.recorded("device_hours", "n_devices", "days"))
        return Hours(low=low, high=high, typical=hours, sources=sources)
    computes, band = facts.computes(), historical_band()
    if not (computes and facts.peak):
        return None
    at_peak = computes[0].flops / facts.peak / HOUR
    return Hours(
        low=at_peak / band.high,
        high=at_peak / band.low,
        typical=at_peak / band.typical,
        sources=computes[0].sources,
    )


def expected_money(facts: Facts, quantity: Quantity) -> Expectation:
    """Return what training should have cost [USD]: device-hours at cloud prices."""
    lines, sources = _record(facts, "usd", "USD")
    if quantity.unit == "CNY":
        lines.append(say(facts.language, "exchange", rate=f"{CNY_PER_USD:g}"))
    record, hours, device = _value(facts, "usd"), device_hours(facts), facts.device
    price = device.usd_per_hour if device else None
    if hours is None or device is None or price is None:
        if record is None:
            missing = "no_price" if hours and facts.hardware else "no_flops"
            lines.append(say(facts.language, missing, hardware=facts.hardware))
        return Expectation(record=record, lines=tuple(lines), sources=sources)
    low, high = hours.low * price * PRICE_LOW, hours.high * price * PRICE_HIGH
    line = say(
        facts.language,
        "money",
        hours=_span(hours, facts),
        price=f"${price:.2f}",
        date=device.price_date,
        low=f"{PRICE_LOW:g}",
        high=f"{PRICE_HIGH:g}",
        value_low=with_unit(low, "USD", facts.language),
        value_high=with_unit(high, "USD", facts.language),
    )
    priced = Source(model=device.name, quantity="usd_per_hour", value=price, source=device.price_source)
    return Expectation(
        low=low,
        high=high,
        record=record,
        typical=hours.typical * price,
        lines=(*lines, line),
        sources=(*sources, *hours.sources, priced),
    )


def expected_energy(facts: Facts, _quantity: Quantity) -> Expectation:
    """Return what training should have drawn [kWh]: device-hours times rated power, server and building."""
    lines, sources = _record(facts, "mwh", "MWh")
    megawatt_hours, hours, device = _value(facts, "mwh"), device_hours(facts), facts.device
    record = None if megawatt_hours is None else 1000 * megawatt_hours
    watts = device.watts if device else None
    if hours is None or device is None or watts is None:
        if record is None:
            lines.append(say(facts.language, "no_flops"))
        return Expectation(record=record, lines=tuple(lines), sources=sources)
    low, high = hours.low * watts / 1000 * POWER_LOW, hours.high * watts / 1000 * POWER_HIGH
    line = say(
        facts.language,
        "energy",
        hours=_span(hours, facts),
        watts=f"{watts:g}",
        low=f"{POWER_LOW:g}",
        high=f"{POWER_HIGH:.3g}",
        value_low=amount(low, facts.language),
        value_high=amount(high, facts.language),
    )
    rated = Source(model=device.name, quantity="watts", value=watts, source=device.source)
    return Expectation(
        low=low,
        high=high,
        record=record,
        typical=hours.typical * watts / 1000 * (POWER_LOW * POWER_HIGH) ** 0.5,
        lines=(*lines, line),
        sources=(*sources, *hours.sources, rated),
    )


def expected_emissions(facts: Facts, quantity: Quantity) -> Expectation:
    """Return what training should have emitted [t CO2]: its energy on the cleanest and the dirtiest grid."""
    lines, sources = _record(facts, "tonnes_co2", "t CO2")
    record, stated = _value(facts, "tonnes_co2"), facts.claim.first("energy")
    energy = expected_energy(facts, quantity)
    low, high = (
        (stated.low, stated.high) if stated else (energy.low or energy.record, energy.high or energy.record)
    )
    if low is None or high is None:
        if record is None:
            lines.append(say(facts.language, "no_energy"))
        return Expectation(record=record, lines=tuple(lines), sources=sources)
    bottom, top = low * GRID_LOW / 1000, high * GRID_HIGH / 1000
    line = say(
        facts.language,
        "emissions",
        low=amount(low, facts.language),
        high=amount(high, facts.language),
        grid_low=f"{GRID_LOW:g}",
        grid_high=f"{GRID_HIGH:g}",
        value_low=amount(bottom, facts.language),
        value_high=amount(top, facts.language),
    )
    if record and not stated:  # the grid and what is counted are known: better than any grid
        bottom, top = record / ACCOUNTS, record * ACCOUNTS
    return Expectation(
        low=bottom,
        high=top,
        record=record,
        typical=(bottom * top) ** 0.5,
        lines=(*lines, *(() if stated else energy.lines), line),
        sources=(*sources, *(() if stated else energy.sources)),
    )


def _value(facts: Facts, column: str) -> float | None:
    return None if facts.run is None or facts.resized else getattr(facts.run, column)


def _record(facts: Facts, column: str, unit: str) -> tuple[list[str], tuple[Source, ...]]:
    value = _value(facts, column)
    if value is None or facts.run is None:
        return [], ()
    shown = with_unit(value, unit, facts.language)
    line = say(facts.language, "record_value", value=shown, source=source_of(facts.run, column))
    return [line], tuple(facts.recorded(column))


def _span(hours: Hours, facts: Facts) -> str:
    low, high = amount(hours.low, facts.language), amount(hours.high, facts.language)
    return low if low == high else f"{low} – {high}"
