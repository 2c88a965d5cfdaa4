"""What each kind of quantity should be: time and speed of devices, FLOP, sizes, durations.

Both ways of working out training compute are used: 6 N D from parameters and tokens, and devices x time x
peak x utilisation (Kaplan et al. 2020, arXiv:2001.08361, appendix; Epoch AI 2022, Estimating Training
Compute).  The band of utilisation is that of the runs on record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from armillary.scaling.audit.costs import expected_emissions, expected_energy, expected_money
from armillary.scaling.audit.expectation import Expectation
from armillary.scaling.audit.facts import SAME, Compute, Facts, Source, amount_flop, source_of
from armillary.scaling.audit.phrases import amount, say, share, with_unit
from armillary.scaling.audit.quantities import Quantity
from armillary.scaling.audit.records import historical_band, records
from armillary.scaling.audit.units import DAY, HOUR, Kind

WORLD_RATE = 1.06e22  # FLOP/s: 10.7 million H100 equivalents x 989.4e12
WORLD_SOURCE = "Epoch AI, AI chip sales (NVIDIA, 2025-09-30)"
COMPUTE_TOLERANCE = 2.0  # with or without attention, recomputation, restarts
RECOMPUTED = 4 / 3  # stated speeds may count the forward pass that recomputation repeats (arXiv:2205.05198)
ADDING_UP = ("device_time", "money", "energy", "emissions")  # kinds that count a base model's run or do not
LENGTH_TOLERANCE = 1.5  # of a run's days and devices, which change while it goes on


def expected(facts: Facts, quantity: Quantity) -> Expectation:
    """Return what ``quantity`` should be, by all that is known."""
    expectation = EXPECTED[quantity.kind](facts, quantity)
    base = next((run for run in records() if facts.run and run.name == facts.run.builds_on), None)
    if base is None or expectation.record is None or quantity.kind not in ADDING_UP:
        return expectation
    below = expected(replace(facts, claim=replace(facts.claim, run=base)), quantity)
    whole = expectation.record + (below.record or 0.0)
    low, high = expectation.record / expectation.tolerance, whole * expectation.tolerance
    return replace(expectation, low=low, high=high, lines=(*expectation.lines, *below.lines))


def band_lines(facts: Facts, peak_seconds: float, unit: str, factor: float) -> tuple[str, ...]:
    """Return the lines for device time at the peak and over the historical band."""
    band, language = historical_band(), facts.language

    def shown(utilisation: float) -> str:
        return with_unit(peak_seconds / utilisation / factor, unit, language)

    peak = say(
        language, "peak", hardware=facts.hardware, peak=f"{(facts.peak or 0) / 1e12:,.4g}", value=shown(1.0)
    )
    historical = say(
        language,
        "historical",
        n=str(band.n_runs),
        low=share(band.low),
        high=share(band.high),
        lowest=band.lowest_run,
        highest=band.highest_run,
        value_low=shown(band.high),
        value_high=shown(band.low),
    )
    return peak, historical


def _device_time(facts: Facts, quantity: Quantity) -> Expectation:
    computes, record = facts.computes(), _recorded_time(facts)
    lines = [compute.line for compute in computes[:2]] or [say(facts.language, "no_flops")]
    lines += _record_lines(facts, quantity)
    sources = (*(s for c in computes for s in c.sources), *_time_sources(facts))
    if not (computes and facts.peak):
        lines += [] if facts.peak else [_no_peak(facts)]
        return Expectation(record=record, lines=tuple(lines), sources=sources)
    band, peak_seconds = historical_band(), computes[0].flops / facts.peak
    lines += band_lines(facts, peak_seconds, quantity.unit, quantity.factor)
    return Expectation(
        low=peak_seconds / band.high,
        high=peak_seconds / band.low,
        possible_low=peak_seconds,
        record=record,
        typical=peak_seconds / band.typical,
        lines=tuple(lines),
        sources=(*sources, *_peak_source(facts)),
    )


def _recorded_time(facts: Facts) -> float | None:
    comparable = facts.run and facts.same_hardware and not facts.resized
    return facts.run.device_seconds if comparable and facts.run else None


def _record_lines(facts: Facts, quantity: Quantity) -> list[str]:
    run, language = facts.run, facts.language
    if run is None or not run.device_seconds or facts.resized:
        return []
    source, lines = run.hardware_source, []
    value = with_unit(run.device_seconds / quantity.factor, quantity.unit, language)
    if run.n_devices and run.days and not run.device_hours:
        values = {"n": f"{run.n_devices:,.0f}", "hardware": run.hardware, "days": f"{run.days:g}"}
        lines.append(say(language, "record_time", value=value, source=source, **values))
    else:
        lines.append(say(language, "record_hours", value=value, hardware=run.hardware, source=source))
    if run.tflops_per_device and run.train_flops:
        seconds = run.train_flops / (run.tflops_per_device * 1e12)
        shown = with_unit(seconds / quantity.factor, quantity.unit, language)
        lines.append(
            say(language, "assumed", rate=f"{run.tflops_per_device:g}", value=shown, source=run.rate_source)
        )
    return lines


def _time_sources(facts: Facts) -> tuple[Source, ...]:
    return tuple(facts.recorded("n_devices", "days", "device_hours"))


def _peak_source(facts: Facts) -> tuple[Source, ...]:
    if not (facts.device and facts.peak):
        return ()
    return (
        Source(model=facts.device.name, quantity="peak_flops", value=facts.peak, source=facts.device.source),
    )


def _no_peak(facts: Facts) -> str:
    if facts.hardware:
        return say(facts.language, "no_peak", hardware=facts.hardware)
    return say(facts.language, "no_hardware")


def _compute(facts: Facts, quantity: Quantity) -> Expectation:
    known = [c for c in facts.computes() if c.flops != quantity.value or c.sources]
    by_parts = [c for c in known if c.sources or facts.claim.first("tokens")]
    if not by_parts:
        return _compute_by_hardware(facts)
    flops = [c.flops for c in by_parts]
    lines = (*(c.line for c in by_parts), say(facts.language, "tolerance", factor=f"{COMPUTE_TOLERANCE:g}"))
    return Expectation(
        low=min(flops) / COMPUTE_TOLERANCE,
        high=max(flops) * COMPUTE_TOLERANCE,
        typical=flops[0],
        lines=lines,
        sources=tuple(s for c in by_parts for s in c.sources),
    )


def _compute_by_hardware(facts: Facts) -> Expectation:
    """Return what the devices can have done in their time."""
    seconds, peak, band = facts.device_seconds, facts.peak, historical_band()
    if not (seconds and peak):
        return Expectation(lines=(say(facts.language, "no_flops"),))
    most = seconds * peak
    line = say(
        facts.language,
        "flops_hardware",
        value=with_unit(seconds / HOUR, "GPU-hour", facts.language),
        hardware=facts.hardware,
        peak_flops=amount_flop(most),
        low=share(band.low),
        high=share(band.high),
        value_low=amount_flop(most * band.low),
        value_high=amount_flop(most * band.high),
    )
    return Expectation(
        low=most * band.low,
        high=most * band.high,
        possible_high=most,
        typical=most * band.typical,
        lines=(line,),
        sources=(*_time_sources(facts), *_peak_source(facts)),
    )


def _rate(facts: Facts, quantity: Quantity) -> Expectation:
    band, of_a_device = historical_band(), quantity.per_device or not (facts.run or facts.n_devices)
    n_devices = 1.0 if of_a_device else facts.n_devices
    world = say(facts.language, "rate_world", value=amount_flop(WORLD_RATE), source=WORLD_SOURCE)
    if quantity.value > WORLD_RATE:
        lines = (world, say(facts.language, "rate_not_amount"))
        return Expectation(possible_high=WORLD_RATE, lines=lines)
    if not (n_devices and facts.peak):
        return Expectation(lines=(_no_peak(facts) if not facts.peak else say(facts.language, "no_devices"),))
    peak = n_devices * facts.peak
    line = say(
        facts.language,
        "rate_peak",
        n=f"{n_devices:,.0f}",
        hardware=facts.hardware,
        value=amount_flop(peak),
        low=share(band.low),
        high=share(band.high),
        value_low=amount_flop(peak * band.low),
        value_high=amount_flop(peak * band.high),
    )
    return Expectation(
        low=peak * band.low,
        high=peak * band.high * RECOMPUTED if facts.claim.model else peak,  # else it may be the peak itself
        possible_high=peak,
        typical=peak * band.typical,
        lines=(line,),
        sources=_peak_source(facts),
    )


def _throughput(facts: Facts, quantity: Quantity) -> Expectation:
    n_devices = 1.0 if quantity.per_device else facts.n_devices
    if not (n_devices and facts.peak and facts.n_params):
        missing = "no_devices" if not n_devices else "no_flops"
        return Expectation(lines=(_no_peak(facts) if not facts.peak else say(facts.language, missing),))
    band, per_token = historical_band(), facts.flops_per_param_token * facts.n_params
    most, rate = n_devices * facts.peak / per_token, quantity.value * per_token / n_devices
    line = say(
        facts.language,
        "throughput",
        k=f"{facts.flops_per_param_token:g}",
        n=amount(facts.n_params, facts.language),
        value=amount(quantity.value / n_devices, facts.language),
        rate=amount_flop(rate),
        share=share(rate / facts.peak),
    )
    return Expectation(
        low=most * band.low,
        high=most * band.high,
        possible_high=most,
        typical=most * band.typical,
        lines=(line, _utilisation_line(facts)),
        sources=(*facts.recorded("n_params", "n_active_params"), *_peak_source(facts)),
    )


def _utilisation_line(facts: Facts) -> str:
    band = historical_band()
    values = {"low": share(band.low), "high": share(band.high), "typical": share(band.typical)}
    return say(facts.language, "utilisation", n=str(band.n_runs), **values)


def _utilisation(facts: Facts, _quantity: Quantity) -> Expectation:
    band, lines, record = historical_band(), [_utilisation_line(facts)], None
    computes, stated = facts.computes(), facts.claim.first("device_time")
    if computes and facts.peak and facts.device_seconds:
        record = computes[0].flops / (facts.device_seconds * facts.peak)
        if stated:
            lines.append(say(facts.language, "utilisation_text", value=share(record)))
    return Expectation(
        low=band.low,
        high=RECOMPUTED * band.high,
        possible_high=band.ceiling,
        typical=record or band.typical,
        lines=tuple(lines),
        sources=(*(s for c in computes for s in c.sources), *_peak_source(facts)) if record else (),
    )


def _size(*columns: str) -> Callable[[Facts, Quantity], Expectation]:
    def expectation(facts: Facts, quantity: Quantity) -> Expectation:
        values = [v for c in columns if (v := getattr(facts.run, c, None)) is not None] if facts.run else []
        if facts.run is None or not values or quantity.bound == "per":
            return Expectation(given=True, lines=(say(facts.language, "given"),))
        nearest = min(values, key=lambda value: max(value / quantity.value, quantity.value / value))
        shown = with_unit(nearest, quantity.unit, facts.language)
        line = say(facts.language, "record_value", value=shown, source=source_of(facts.run, columns[0]))
        return Expectation(
            record=nearest, tolerance=SAME, lines=(line,), sources=tuple(facts.recorded(*columns))
        )

    return expectation


def _devices(facts: Facts, _quantity: Quantity) -> Expectation:
    run = facts.run
    if facts.claim.first("device_time") or run is None or not run.n_devices or not facts.same_hardware:
        return Expectation(given=True, lines=(say(facts.language, "given"),))
    shown = with_unit(run.n_devices, "device", facts.language)
    line = say(facts.language, "record_value", value=shown, source=run.hardware_source)
    sources = tuple(facts.recorded("n_devices"))
    return Expectation(record=run.n_devices, tolerance=LENGTH_TOLERANCE, lines=(line,), sources=sources)


def _duration(facts: Facts, quantity: Quantity) -> Expectation:
    run, computes, n_devices = facts.run, facts.computes(), facts.n_devices
    if facts.claim.first("device_time"):
        return Expectation(given=True, lines=(say(facts.language, "given"),))
    recorded = run.days * DAY if run and run.days and facts.same_hardware else None
    lines, sources = [], [*facts.recorded("days", "n_devices"), *_peak_source(facts)]
    if run and recorded:
        shown = with_unit(recorded / quantity.factor, quantity.unit, facts.language)
        lines.append(say(facts.language, "record_value", value=shown, source=run.hardware_source))
    if not (computes and n_devices and facts.peak):
        lines = lines or [say(facts.language, "given")]
        return Expectation(
            given=recorded is None,
            record=recorded,
            tolerance=LENGTH_TOLERANCE,
            lines=tuple(lines),
            sources=tuple(sources),
        )
    return _duration_band(facts, quantity, computes[0], n_devices, recorded, lines, sources)


def _duration_band(
    facts: Facts,
    quantity: Quantity,
    compute: Compute,
    n_devices: float,
    recorded: float | None,
    lines: list[str],
    sources: list[Source],
) -> Expectation:
    band, least = historical_band(), compute.flops / (n_devices * (facts.peak or 1.0))
    line = say(
        facts.language,
        "duration",
        n=f"{n_devices:,.0f}",
        hardware=facts.hardware,
        low=share(band.low),
        high=share(band.high),
        value_low=with_unit(least / band.high / quantity.factor, quantity.unit, facts.language),
        value_high=with_unit(least / band.low / quantity.factor, quantity.unit, facts.language),
    )
    return Expectation(
        low=least / band.high,
        high=least / band.low,
        possible_low=least,
        record=recorded,
        tolerance=LENGTH_TOLERANCE,
        typical=least / band.typical,
        lines=(compute.line, *lines, line),
        sources=(*compute.sources, *sources),
    )


EXPECTED: dict[Kind, Callable[[Facts, Quantity], Expectation]] = {
    "params": _size("n_params", "n_active_params"),
    "active_params": _size("n_active_params"),
    "tokens": _size("n_tokens"),
    "devices": _devices,
    "duration": _duration,
    "device_time": _device_time,
    "compute": _compute,
    "rate": _rate,
    "throughput": _throughput,
    "utilisation": _utilisation,
    "money": expected_money,
    "energy": expected_energy,
    "emissions": expected_emissions,
}
