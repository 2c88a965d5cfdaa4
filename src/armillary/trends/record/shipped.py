"""Models, accelerators and measures of demand and efficiency, as rows that a trend can be told of."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from armillary.core.errors import UnknownNameError
from armillary.core.hardware import Accelerator, accelerator, accelerators
from armillary.trends.parsing import parse_date
from armillary.trends.quantities import PUBLISHED, Quantity
from armillary.trends.record.reading import FOLDER, number, rows_of
from armillary.trends.rows import Amount, Row, Table
from armillary.trends.table import derived, read_table

MODELS = FOLDER / "models.csv"
MEASURES = ("demand.csv", "efficiency.csv")
# Power of a running device over its rated power: a server of eight H100 draws up to 10.2 kW of 5.6 kW rated
# (NVIDIA DGX H100 data sheet), with network and cooling 1,700 W a device (Sevilla et al. 2024).
OVERHEAD = Amount.between(10.2 / 5.6, 1700 / 700)


def models(path: Path | None = None) -> Table:
    """Return the models of the record, or those of a user's or Epoch AI's table at ``path``.

    DataError says what of a table cannot be read.
    """
    table = read_table(path) if path else _shipped_models()
    return replace(table, rows=tuple(_with_power(row) for row in table.rows))


@functools.cache
def _shipped_models() -> Table:
    return replace(read_table(MODELS), title=_title("models"))


def _title(what: str) -> str:
    return f"the record of {what} that ships"


def _with_power(row: Row) -> Row:
    """Add power and energy where a row names one kind of device and how many."""
    count = row.amount("n_devices")
    watts = _watts(row.hardware)
    if "power_watts" in row.amounts or count is None or not count.known or watts is None:
        return row
    power = count.times(Amount.exactly(watts)).times(OVERHEAD)
    amounts = {**row.amounts, "power_watts": power}
    return replace(row, amounts=amounts | derived(amounts))


def _watts(hardware: str) -> float | None:
    """Return the rated power of the one kind of device that is named, None where it is not known."""
    short = re.sub(r"^(NVIDIA|Google|Huawei)\s+(Tesla\s+)?|\s*DGXS", "", hardware)
    for name in filter(None, (hardware, short)):
        with contextlib.suppress(UnknownNameError):
            return accelerator(name).watts
    return None


def hardware(path: Path | None = None) -> Table:
    """Return the accelerators of the hardware catalogue, or those of a table at ``path``."""
    if path:
        return read_table(path)
    return Table(title=_title("accelerators"), rows=tuple(_device(a) for a in accelerators()))


def _device(device: Accelerator) -> Row:
    figures = {
        "hardware_fp32": device.peak_flops.get("fp32"),
        "hardware_fp16": device.peak_flops.get("bf16"),
        "hardware_memory": device.memory,
        "hardware_bandwidth": device.bandwidth,
        "hardware_watts": device.watts,
        "hardware_usd_per_hour": device.usd_per_hour,
    }
    amounts = {name: Amount.exactly(value) for name, value in figures.items() if value}
    return Row(
        name=device.name,
        organisation=device.vendor,
        date=parse_date(device.released),
        amounts=amounts | derived(amounts),
        source="; ".join(filter(None, (device.source, device.price_source))),
    )


@functools.cache
def measures() -> Table:
    """Return investment, revenue, users, accelerators sold, electricity and compute for a fixed result.

    Every edition of a report is kept: the rows of one metric, entity and date differ between them.
    """
    rows = tuple(_measure(row) for name in MEASURES for row in rows_of(name))
    return Table(title=_title("measures"), rows=rows)


def _measure(row: Mapping[str, str]) -> Row:
    value = number(row, "value") or 0.0
    low, high = number(row, "low") or value, number(row, "high") or value
    return Row(
        name=row["entity"],
        organisation=row["owner"],
        date=parse_date(row["date"]),
        amounts={row["metric"]: Amount(value=value, low=low, high=high)},
        source=row["source"],
        edition=row["edition"],
        note="; ".join(filter(None, (row["basis"], row["note"]))),
    )


DESCRIPTIONS = {
    "accelerators_shipped": "AI accelerators shipped so far",
    "assistant_monthly_users": "Monthly users of an assistant",
    "broadcom_ai_revenue": "Broadcom's revenue from AI semiconductors",
    "chatgpt_weekly_users": "Weekly users of ChatGPT",
    "company_capex": "Capital expenditure of a company",
    "corporate_investment": "Corporate investment in AI",
    "hyperscaler_capex": "Capital expenditure of the four largest cloud companies",
    "imagenet_compute": "Least compute known to train AlexNet's accuracy",
    "lab_revenue": "Revenue of a developer of models",
    "nvidia_datacentre_revenue": "NVIDIA's data-centre revenue of a quarter",
    "nvidia_datacentre_revenue_year": "NVIDIA's data-centre revenue of a fiscal year",
    "organisations_using_ai": "Organisations that use AI, in surveys",
    "organisations_using_genai": "Organisations that use generative AI, in surveys",
    "private_investment": "Private investment in AI",
    "tokens_served": "Tokens that a company's models read and write",
    "translation_compute": "Least compute known to train the translation of 2014",
}


@functools.cache
def quantities() -> Mapping[str, Quantity]:
    """Return all that a trend can be told of: of models, of hardware and clusters, and the measures."""
    units = {row["metric"]: row["unit"] for name in MEASURES for row in rows_of(name)}
    return {**PUBLISHED, **dict(_measured(units.items()))}


def _measured(units: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Quantity]]:
    for name, unit in sorted(units):
        yield name, Quantity(name=name, kind="measure", unit=unit, description=DESCRIPTIONS[name])
