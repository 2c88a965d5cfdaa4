"""Quantities with their units in a text: parameters, tokens, devices, times, FLOP, money, energy, CO2."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from armillary.scaling.audit.names import HARDWARE, MODEL
from armillary.scaling.audit.numerals import JOIN, Number, find_numbers
from armillary.scaling.audit.units import (
    ACTIVE,
    CNY_PER_USD,
    DEVICES_PER_NODE,
    LABELS,
    PER_HOUR,
    RULES,
    Kind,
    Unit,
)

REACH = 28  # characters before a number that may say what it is
LARGE = 1000.0  # numbers without a unit from here on are told, smaller ones are any text's
LARGEST = 1e40  # base units: what is larger is no figure of training
DOLLAR, YUAN = re.compile(r"(?:(?:US)?\$|USD)\s*$"), re.compile(r"(?:¥|RMB|CNY|人民币)\s*$")
HOURLY = re.compile(PER_HOUR, re.IGNORECASE)
OF_PEAK = re.compile(r"(?<![a-z])[MH]FU(?![a-z])|utili[sz]ation|利用率", re.IGNORECASE)
PERCENT = re.compile(r"\s?(?:%|percent|per cent)", re.IGNORECASE)
EACH_SECOND = re.compile(r"每秒\S{0,6}$")
EACH_DEVICE = re.compile(
    rf"(?:/|per|each)\s*(?:GPU|TPU|NPU|chip|device|card|{HARDWARE})|每(?:个|块|张)?\s*(?:GPU|卡|芯片|{HARDWARE})|单卡",
    re.IGNORECASE,
)
BOXES = re.compile(r"(?:DGX|HGX)[\s-]?\w+$", re.IGNORECASE)  # "96 DGX-A100": servers, not GPUs
IS_ACTIVE = re.compile(rf"(?:{ACTIVE}\w*|激活)[^,.;]{{0,6}}$", re.IGNORECASE)
A_MODEL = re.compile(r"[\s-]*(?:model|LLM|network|的?(?:大?模型))", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """An amount that a text states, in the base unit of its kind (FLOP, device-seconds, USD, kWh, ...)."""

    kind: Kind
    value: float
    low: float
    high: float
    unit: str  # as people write it: GPU-day, hour, PFLOP/s-day, FLOP, USD, CNY, kWh
    factor: float  # base units in one ``unit``
    text: str
    start: int
    end: int
    scale: float = 1.0  # that the number's scale word stands for
    bound: str = ""  # over, under, nearly, about, per
    per_device: bool = False  # of a rate or throughput


def find_quantities(text: str, masked: str) -> tuple[list[Quantity], list[str]]:
    """Return the quantities of a normalised ``text``, in order, and the large numbers that are none.

    ``masked`` is the same text without names.
    """
    joined: list[Quantity] = []
    unread: list[str] = []
    for number in find_numbers(masked):
        quantity = _quantity(number, text, masked)
        if quantity is None:
            if number.value >= LARGE and not 1900 <= number.value <= 2100:
                unread.append(text[number.start : number.end].strip())
        elif joined and _is_range(joined[-1], quantity, masked):
            joined[-1] = _range(joined[-1], quantity, text)
        else:
            joined.append(quantity)
    return joined, unread


def _is_range(first: Quantity, second: Quantity, masked: str) -> bool:
    between = masked[first.end : second.start]
    plain = JOIN.fullmatch(between) is not None and between.strip() != "and"
    return plain and first.kind == second.kind and first.low < second.high


def _range(first: Quantity, second: Quantity, text: str) -> Quantity:
    value, whole = math.sqrt(first.value * second.value), text[first.start : second.end]
    return replace(second, value=value, low=first.low, start=first.start, text=whole)


def _quantity(number: Number, text: str, masked: str) -> Quantity | None:
    before = masked[max(0, number.start - REACH) : number.start]
    money = _money(number, before, text, masked)
    if money:
        return money
    for kind, pattern, unit_of in RULES:
        match = pattern.match(masked, number.end)
        if match and (unit := unit_of(match, number.value)):
            return _made(kind, number, unit, text, masked, before, match.end())
    percent = _percent(number, masked)
    if percent is not None:
        return _made("utilisation", number, ("%", 0.01), text, masked, before, percent)
    for kind, label, unit in LABELS:
        if label.search(before):
            return _made(kind, number, unit, text, masked, before, number.end)
    if _is_size(number, masked, before):
        return _made("params", number, ("", 1.0), text, masked, before, number.end)
    return None


def _made(
    kind: Kind, number: Number, unit: Unit, text: str, masked: str, before: str, end: int
) -> Quantity | None:
    name, factor = unit
    if not 0 < number.value * factor < LARGEST:
        return None
    said, whole = masked[number.start : end], text[number.start : end].strip()
    if kind == "devices" and BOXES.search(whole):
        name, factor = "node", float(DEVICES_PER_NODE)
    each_device = bool(EACH_DEVICE.search(said) or EACH_DEVICE.search(before))
    return Quantity(
        kind=_kind(kind, said, before),
        value=number.value * factor,
        low=number.low * factor,
        high=number.high * factor,
        unit={"token": "token/s", "FLOP": "FLOP/s"}.get(name, name) if EACH_SECOND.search(before) else name,
        factor=factor,
        text=whole,
        start=number.start,
        end=end,
        scale=number.scale,
        bound=number.bound,
        per_device=each_device and kind in ("rate", "throughput", "tokens"),
    )


def _kind(kind: Kind, said: str, before: str) -> Kind:
    """Return the kind that words before the number make of the one behind it."""
    if kind == "params" and (re.search(ACTIVE, said, re.IGNORECASE) or IS_ACTIVE.search(before)):
        return "active_params"
    if EACH_SECOND.search(before):
        return {"compute": "rate", "tokens": "throughput"}.get(kind, kind)  # type: ignore[return-value]
    return kind


def _money(number: Number, before: str, text: str, masked: str) -> Quantity | None:
    """Return what a currency's sign before the number makes of it; a price per hour is no cost."""
    dollar, yuan = DOLLAR.search(before), YUAN.search(before)
    sign = dollar or yuan
    if sign is None or HOURLY.match(masked, number.end):
        return None
    unit = ("USD", 1.0) if dollar else ("CNY", 1 / CNY_PER_USD)
    signed = replace(number, start=number.start - len(sign[0]))
    return _made("money", signed, unit, text, masked, "", number.end)


def _percent(number: Number, masked: str) -> int | None:
    """Return where a percentage of the hardware's peak ends; None where the number is none."""
    sign = PERCENT.match(masked, number.end)
    end = sign.end() if sign else number.end if masked.endswith("百分之", 0, number.start) else None
    around = masked[max(0, number.start - 40) : number.end + 40]
    return end if OF_PEAK.search(around) else None


def _is_size(number: Number, masked: str, before: str) -> bool:
    """Return whether a number without a unit is a model's size: "a 175B model", "Llama 2 34B"."""
    named = re.search(rf"{MODEL}[\s(-]*$", before)
    return number.scale >= 1e6 and bool(named or A_MODEL.match(masked, number.end))
