"""What ``plan`` prints: the model, what it takes, what else would do, and how sure all of that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.cli.output import emit, table
from armillary.core.units import format_bytes, format_count, format_flop, format_seconds, format_usd

if TYPE_CHECKING:
    from armillary.fitting.uncertainty import Interval
    from armillary.scaling.planning.plan import Candidate, DataLimit, NextRun, Plan, Quantity, Spending
    from armillary.scaling.systems.training import TrainingEstimate

Format = Callable[[float], str]
Row = list[str]
DAY = 86400.0


def emit_plan(plan: Plan, out: Path | None, as_json: bool) -> None:
    """Print ``plan``, and save it where ``out`` says.

    JSON has the fields of ``armillary.scaling.planning.plan.Plan`` and ``out``; null stands for what is not
    known, and in an interval for no bound.
    """
    from armillary.scaling.planning.plan import save_plan

    if out is not None:
        save_plan(plan, out)
    if as_json:
        emit(plan.to_dict() | {"out": out and str(out)}, True, "")
        return
    _print_model(plan)
    if plan.training is not None:
        print(f"\n{_layout(plan.training)}")
    _print_data(plan.data)
    _print_iso_loss(plan)
    _print_regret(plan)
    _print_crossovers(plan)
    if plan.next_run is not None:
        _print_next_run(plan.next_run)
    for note in plan.notes:
        print(f"\n{note}")
    if out is not None:
        print(f"\n{out}")


def emit_training(training: TrainingEstimate, as_json: bool) -> None:
    """Print the training of a model that was given; JSON has the fields of ``TrainingEstimate``."""
    from armillary.core.plain import to_plain

    if as_json:
        emit(to_plain(training), True, "")
        return
    hours, rows = training.device_hours, list[Row]()
    told: Sequence[tuple[str, float, Interval | None, Format]] = [
        ("training", training.train_flops.value, training.train_flops.interval, _flop),
        ("6ND", training.flops_6nd.value, training.flops_6nd.interval, _flop),
        ("time", training.seconds.value, training.seconds.interval, format_seconds),
        ("step", training.step_seconds.value, training.step_seconds.interval, format_seconds),
        ("utilisation", training.utilisation.value, training.utilisation.interval, "{:.1%}".format),
        ("device-hours", hours.value, hours.interval, format_count),
    ]
    for name, value, interval, form in told:
        rows.append([name, form(value), _between(interval, form)])
    for name, estimate, form in (("energy", training.kwh, _kwh), ("money", training.usd, format_usd)):
        if estimate is not None:
            rows.append([name, form(estimate.value), _between(estimate.interval, form)])
    size, tokens = format_count(training.n_params), format_count(training.n_tokens.value)
    device = training.cluster.accelerator.name
    print(f"{size} parameters on {tokens} tokens, {training.n_devices:,} x {device}, {training.precision}")
    table(["", "value", "90% interval"], rows)
    print(f"\n{_layout(training)}")
    for note in training.notes:
        print(note)


def _print_model(plan: Plan) -> None:
    law = plan.law
    print(f"{law.family + ': ' if law.family else ''}{law.name}: {law.formula}")
    print(law.source)
    rows: list[Row] = [
        _row("parameters", plan.n_params, format_count),
        _row("tokens", plan.n_tokens, format_count),
        _row("training", plan.train_flops, _flop),
        _row("loss", plan.loss, "{:.4g}".format),
    ]
    if plan.spending is not None:
        rows += _spending_rows(plan.spending)
    level = f"{plan.n_params.interval.level:.0%} interval" if plan.n_params.interval else "interval"
    table(["", "by the law", "median of draws", level], rows)


def _spending_rows(spending: Spending) -> list[Row]:
    rows = [
        _row(f"days on {spending.n_devices:,} x {spending.device}", spending.days, "{:,.3g}".format),
        _row("device-hours", spending.device_hours, format_count),
    ]
    rows += [] if spending.kwh is None else [_row("energy", spending.kwh, _kwh)]
    return rows + ([] if spending.usd is None else [_row("money", spending.usd, format_usd)])


def _layout(training: TrainingEstimate) -> str:
    memory = training.memory
    fits = "fits" if memory.fits else "does not fit"
    return (
        f"{training.layout}; utilisation {training.utilisation.value:.0%}; {format_bytes(memory.total)} of "
        f"{format_bytes(memory.available)} a device ({fits}): weights {format_bytes(memory.weights)}, "
        f"gradients {format_bytes(memory.gradients)}, optimizer {format_bytes(memory.optimizer)}, "
        f"activations {format_bytes(memory.activations)}"
    )


def _print_data(limit: DataLimit | None) -> None:
    if limit is None:
        return
    print(f"\nwith {format_count(limit.n_unique_tokens)} unique tokens ({limit.source})")
    if not limit.binding:
        print("the plan needs no more than that: nothing is repeated")
        return
    rows = [
        _row("parameters", limit.n_params, format_count),
        _row("tokens seen", limit.n_tokens, format_count),
        _row("epochs", limit.epochs, "{:.3g}".format),
        _row("loss", limit.loss, "{:.4g}".format),
        _row("loss above the plan's", limit.loss_increase, "{:.3g}".format),
        _row("compute that fresh data would need for it", limit.equivalent_flops, _flop),
        _row("loss if nothing is repeated", limit.one_epoch_loss, "{:.4g}".format),
    ]
    table(["", "by the law", "median of draws", "interval"], rows)


def _print_iso_loss(plan: Plan) -> None:
    if not plan.iso_loss:
        return
    lifetime = plan.lifetime
    served = f" and {format_count(lifetime.inference_tokens)} tokens of inference" if lifetime else ""
    print(f"\nmodels of the same loss: training{served}")
    rows = [
        [
            f"x{point.size_ratio:.3g}",
            format_count(point.n_params),
            _told(point.n_tokens, format_count),
            _told(point.extra_flops, _flop),
            _flop(point.saved_flops) if lifetime else "",
            "" if point.break_even_tokens is None else _told(point.break_even_tokens, format_count),
        ]
        for point in plan.iso_loss
    ]
    table(["size", "parameters", "tokens", "more training", "less inference", "pays off after tokens"], rows)
    if lifetime is not None:
        print(
            f"cheapest over its life: {_told(lifetime.n_params, format_count)} parameters on "
            f"{_told(lifetime.n_tokens, format_count)} tokens, {_told(lifetime.lifetime_flops, _flop)} FLOP; "
            f"saves {_told(lifetime.saved_flops, _flop)} FLOP, {_told(lifetime.saved_share, '{:.1%}'.format)}"
        )


def _print_regret(plan: Plan) -> None:
    if plan.regret:
        print("\nif another law is true")
        rows = [
            [
                regret.law,
                format_count(regret.n_params),
                format_count(regret.n_tokens),
                f"{regret.loss_increase:.2g}",
                f"{regret.wasted_share:.1%}",
            ]
            for regret in plan.regret
        ]
        table(["law", "its parameters", "its tokens", "loss given up", "compute given up"], rows)
    if plan.draw_regret is not None:
        draws = plan.draw_regret
        print(
            f"\nover the law's own draws: {draws.expected_loss_increase:.2g} of loss and "
            f"{draws.expected_wasted_share:.1%} of the compute given up on average, at most "
            f"{draws.loss_increase_90:.2g} and {draws.wasted_share_90:.1%} in 90% of them"
        )
    for choice in plan.robust:
        print(
            f"least {choice.criterion} ({', '.join(choice.over)}): {format_count(choice.n_params)} "
            f"parameters on {format_count(choice.n_tokens)} tokens, {choice.regret:.2g} of loss (this plan "
            f"{choice.plan_regret:.2g})"
        )


def _print_crossovers(plan: Plan) -> None:
    for crossing in plan.crossovers:
        span = _between(crossing.train_flops.interval, _flop)
        print(
            f"\n{crossing.after} overtakes {crossing.before} at {_flop(crossing.train_flops.value)} FLOP "
            f"({span}), probability {crossing.probability:.0%}"
        )


def _print_next_run(advice: NextRun) -> None:
    print(f"\nnext run, for {advice.decision} (standard deviation {advice.spread:.3g})")
    if advice.error_probability is not None:
        print(f"the wrong family is named with probability {advice.error_probability:.1%}")
    table(
        ["", "parameters", "tokens", "FLOP", "money", "variance removed", "then wrong"],
        [_candidate("narrows most", advice.best), _candidate("most per FLOP", advice.per_cost)],
    )


def _candidate(label: str, run: Candidate) -> Row:
    return [
        f"{label}{': ' + run.family if run.family else ''}",
        format_count(run.n_params),
        format_count(run.n_tokens),
        _flop(run.train_flops),
        "" if run.usd is None else format_usd(run.usd),
        f"{run.variance_removed:.1%}",
        "" if run.error_probability is None else f"{run.error_probability:.1%}",
    ]


def _row(name: str, quantity: Quantity, form: Format) -> Row:
    middle = "" if quantity.median is None else form(quantity.median)
    return [name, form(quantity.value), middle, _between(quantity.interval, form)]


def _told(quantity: Quantity, form: Format) -> str:
    span = _between(quantity.interval, form)
    return form(quantity.value) + (f" ({span})" if span else "")


def _between(interval: Interval | None, form: Format) -> str:
    if interval is None or interval.low == interval.high:
        return ""
    return f"{form(interval.low)} to {form(interval.high)}"


def _flop(value: float) -> str:
    return f"-{format_flop(-value)}" if value < 0 else format_flop(value)


def _kwh(value: float) -> str:
    for size, unit in ((1e6, "GWh"), (1e3, "MWh")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} kWh"
