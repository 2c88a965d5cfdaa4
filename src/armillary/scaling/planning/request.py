"""What a plan is asked for in words: budgets, devices and wishes, each wrong combination told in a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from armillary.core.errors import RequestError, UnknownNameError
from armillary.core.hardware import PRECISIONS, accelerator
from armillary.core.units import parse_count
from armillary.scaling.planning.plan import Budget, BudgetKind
from armillary.scaling.planning.planner import Wishes
from armillary.scaling.planning.spending import Devices
from armillary.scaling.systems.training import TrainingEstimate

KINDS: tuple[BudgetKind, ...] = get_args(BudgetKind)
CHOICES = "--flops 5.76e23, --usd 1M --on H100, --days 30 --devices 64 --on A100, or a goal --loss 2.0"


def budget_of(flops: str | None, usd: str | None, days: str | None, loss: str | None) -> Budget:
    """Return the one budget that was given.  RequestError when there is none, or several."""
    amounts = dict(zip(KINDS, (flops, usd, days, loss), strict=True))
    given = {kind: text for kind, text in amounts.items() if text is not None}
    if len(given) != 1:
        told = (
            f"{' and '.join(f'--{kind}' for kind in given)} are {len(given)} budgets"
            if given
            else "no budget"
        )
        raise RequestError(f"{told}; give one: {CHOICES}")
    [(kind, text)] = given.items()
    return Budget(kind=kind, amount=_amount(f"--{kind}", text))


def devices_of(
    name: str | None, n_devices: int | None, precision: str = "bf16", hardware: Path | None = None
) -> Devices | None:
    """Return the devices called ``name``, of the catalogue or the table ``hardware``; None when none are."""
    if name is None:
        if n_devices is not None or hardware is not None:
            raise RequestError(
                "--devices and --hardware go with --on, which names the device; --on H100, say"
            )
        return None
    if precision not in PRECISIONS:
        raise UnknownNameError("precision", precision, PRECISIONS)
    device = accelerator(name, hardware)
    device.peak(precision)  # a device without it is told here
    return Devices(accelerator=device, n_devices=n_devices, precision=precision)


def wishes_of(
    inference_tokens: str | None, data: str | None, against: Sequence[str] | None, next_run: str | None
) -> Wishes:
    """Return what is asked for besides the budget's best model; a next run costs FLOP, or dollars: $5000."""
    money = next_run is not None and next_run.lstrip().startswith("$")
    cost = None if next_run is None else _amount("--next-run", next_run.lstrip(" $"))
    return Wishes(
        inference_tokens=None
        if inference_tokens is None
        else _amount("--inference-tokens", inference_tokens),
        unique_tokens=None if data is None else _amount("--data", data),
        against=None if against is None else tuple(against),
        next_run=None if cost is None else Budget(kind="usd" if money else "flops", amount=cost),
    )


def training_of(params: str | None, tokens: str | None, devices: Devices | None) -> TrainingEstimate:
    """Return the training of a model that is given by its size and tokens, without any law.

    RequestError when one of the three is missing.
    """
    if params is None or tokens is None or devices is None:
        missing = [
            option
            for option, value in (("--params", params), ("--tokens", tokens), ("--on", devices))
            if value is None
        ]
        raise RequestError(
            f"a plan without a law lacks {', '.join(missing)}; give --params 175B --tokens 300B --on A100, "
            "or a SUBJECT (hoffmann, besiroglu, a fit.json, runs, a table) and a budget"
        )
    return devices.train(_amount("--params", params), _amount("--tokens", tokens))


def _amount(option: str, text: str) -> float:
    value = parse_count(text)
    if value <= 0:
        raise RequestError(f"{option} is {text}; it has to be above zero")
    return value
