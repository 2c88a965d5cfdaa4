"""What trends are told of: each quantity with its unit, and the names that published tables call it by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from armillary.core.errors import UnknownNameError

Kind = Literal["model", "hardware", "cluster", "measure", "own"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One quantity of a row."""

    name: str
    kind: Kind
    unit: str
    description: str
    columns: tuple[str, ...] = ()  # as tables call it, the most reliable first
    ratio: tuple[str, str] | None = None  # what it is where a table has no column for it


CEILINGS: Mapping[str, float] = {"percent": 100.0}  # by unit, what every quantity of it ends at or below
# By unit, what cannot be passed though growth may end far below it: people who live in 2030 (United Nations,
# World Population Prospects 2024, medium variant).
LIMITS: Mapping[str, float] = {"users": 8.57e9}


def _named(*quantities: Quantity) -> dict[str, Quantity]:
    return {quantity.name: quantity for quantity in quantities}


MODEL = _named(
    Quantity(
        name="training_flop",
        kind="model",
        unit="FLOP",
        description="Compute of the final training run",
        columns=("training compute (flop)", "training compute (flops)", "training compute"),
    ),
    Quantity(
        name="n_params",
        kind="model",
        unit="parameters",
        description="Parameters, those of all experts counted",
        columns=("parameters", "number of parameters", "parameters (total)"),
    ),
    Quantity(
        name="n_tokens",
        kind="model",
        unit="tokens or examples",
        description="Examples in the training set (tokens of text), each counted once",
        columns=(
            "training dataset size (total)",
            "training dataset size (gradients)",
            "training dataset size (datapoints)",
            "(deprecated) training dataset size (datapoints)",
            "training dataset size",
        ),
    ),
    Quantity(
        name="cost_usd",
        kind="model",
        unit="2023 USD",
        description="Amortised hardware and energy of the final training run",
        columns=(
            "training compute cost (2023 usd)",
            "training compute cost",
            "cost (inflation-adjusted)",
            "training cost (2023 usd)",
            "hardware_capex_energy_cost",
        ),
    ),
    Quantity(
        name="cost_cloud_usd",
        kind="model",
        unit="USD",
        description="Price of the final training run if rented",
        columns=("training compute cost (cloud)",),
    ),
    Quantity(
        name="cost_upfront_usd",
        kind="model",
        unit="USD",
        description="Price of the hardware that the final training run used",
        columns=("training compute cost (upfront)", "hardware acquisition cost"),
    ),
    Quantity(
        name="hours",
        kind="model",
        unit="hours",
        description="Duration of the final training run",
        columns=("training time (hours)",),
    ),
    Quantity(
        name="n_devices",
        kind="model",
        unit="devices",
        description="Accelerators that the final training run used",
        columns=("hardware quantity",),
    ),
    Quantity(
        name="power_watts",
        kind="model",
        unit="W",
        description="Electrical power of the final training run",
        columns=("training power draw (w)",),
    ),
    Quantity(
        name="energy_kwh",
        kind="model",
        unit="kWh",
        description="Electrical energy of the final training run: its power for its duration",
    ),
    Quantity(
        name="utilisation",
        kind="model",
        unit="of peak FLOP/s",
        description="Share of the accelerators' peak that the final training run reached",
        columns=("hardware utilization (mfu)", "hardware utilization"),
    ),
)
HARDWARE = _named(
    Quantity(
        name="hardware_fp32",
        kind="hardware",
        unit="FLOP/s",
        description="Peak of an accelerator at 32 bits",
        columns=("fp32 (single precision) performance (flop/s)", "fp32 performance (flop/s)"),
    ),
    Quantity(
        name="hardware_fp16",
        kind="hardware",
        unit="FLOP/s",
        description="Dense peak of an accelerator's matrix units at 16 bits",
        columns=(
            "tensor-fp16/bf16 performance (flop/s)",
            "tensor-fp16 performance (flop/s)",
            "tensor fp16/bf16 performance (flop/s)",
            "fp16 tensor core",
        ),
    ),
    Quantity(
        name="hardware_memory",
        kind="hardware",
        unit="bytes",
        description="Memory of an accelerator",
        columns=("memory (bytes)", "memory size per board (byte)", "memory size (bytes)"),
    ),
    Quantity(
        name="hardware_bandwidth",
        kind="hardware",
        unit="bytes/s",
        description="Bandwidth between an accelerator and its memory",
        columns=("memory bandwidth (byte/s)", "memory bandwidth (bytes/s)"),
    ),
    Quantity(
        name="hardware_watts",
        kind="hardware",
        unit="W",
        description="Rated power of an accelerator",
        columns=("tdp (w)", "tdp"),
    ),
    Quantity(
        name="hardware_usd",
        kind="hardware",
        unit="USD",
        description="Price of an accelerator at release",
        columns=("release price (usd)", "price (usd)"),
    ),
    Quantity(
        name="hardware_usd_per_hour",
        kind="hardware",
        unit="USD/hour",
        description="Rent of an accelerator on demand, the median of offers",
    ),
    Quantity(
        name="hardware_fp32_per_usd",
        kind="hardware",
        unit="FLOP/s per USD",
        description="Peak at 32 bits for the price at release",
        ratio=("hardware_fp32", "hardware_usd"),
    ),
    Quantity(
        name="hardware_fp16_per_usd",
        kind="hardware",
        unit="FLOP/s per USD",
        description="Peak at 16 bits for the price at release",
        ratio=("hardware_fp16", "hardware_usd"),
    ),
    Quantity(
        name="hardware_fp16_per_rent",
        kind="hardware",
        unit="FLOP/s per USD/hour",
        description="Peak at 16 bits for an hour's rent",
        ratio=("hardware_fp16", "hardware_usd_per_hour"),
    ),
    Quantity(
        name="hardware_fp32_per_watt",
        kind="hardware",
        unit="FLOP/J",
        description="Peak at 32 bits for the rated power",
        ratio=("hardware_fp32", "hardware_watts"),
    ),
    Quantity(
        name="hardware_fp16_per_watt",
        kind="hardware",
        unit="FLOP/J",
        description="Peak at 16 bits for the rated power",
        ratio=("hardware_fp16", "hardware_watts"),
    ),
)
CLUSTER = _named(
    Quantity(
        name="cluster_flops",
        kind="cluster",
        unit="FLOP/s",
        description="Peak of an AI supercomputer at 16 bits",
        columns=("16-bit op/s", "max op/s"),
    ),
    Quantity(
        name="cluster_h100",
        kind="cluster",
        unit="H100 equivalents",
        description="Size of an AI supercomputer",
        columns=("h100 equivalents",),
    ),
    Quantity(
        name="cluster_megawatts",
        kind="cluster",
        unit="MW",
        description="Power of an AI supercomputer",
        columns=("power capacity (mw)",),
    ),
    Quantity(
        name="cluster_usd",
        kind="cluster",
        unit="USD",
        description="Hardware cost of an AI supercomputer",
        columns=("hardware cost", "hardware cost (usd)"),
    ),
)
PUBLISHED: Mapping[str, Quantity] = {**MODEL, **HARDWARE, **CLUSTER}

# What else a row holds, by the names that tables use.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "name": ("model", "system", "hardware name", "name of the hardware", "name"),
    "organisation": ("organization", "organization(s)", "organisation", "manufacturer", "owner", "entity"),
    "date": (
        "publication date",
        "release date",
        "first operational date",
        "date",
        "released",
        "publication_date",
        "year",
    ),
    "domains": ("domain", "domains"),
    "family": ("family", "architecture_family", "architecture"),
    "hardware": ("training hardware", "hardware"),
    "confidence": ("confidence",),
    "notable": ("notability criteria", "inclusion criteria", "notable"),
    "base_model": ("base model", "base_model"),
    "source": ("source", "link", "reference", "link to datasheet"),
    "edition": ("edition",),
    "bound_source": ("bound_source",),
    "note": ("note",),
}
BOUNDS: Mapping[str, tuple[str, ...]] = {
    "training_flop_low": ("training compute lower bound",),
    "training_flop_high": ("training compute upper bound",),
}
LOGARITHMS: Mapping[str, tuple[str, ...]] = {  # columns of log10
    "cluster_flops_log": ("16-bit op/s (log)", "max op/s (log)"),
}
# By what the frontier is judged: of all of a model's figures, by compute.
RANKED_BY: Mapping[Kind, str] = {"model": "training_flop", "cluster": "cluster_flops"}


def quantity(name: str, known: Mapping[str, Quantity] = PUBLISHED) -> Quantity:
    """Return the quantity called ``name``.  UnknownNameError names the nearest."""
    if name not in known:
        raise UnknownNameError("quantity", name, known)
    return known[name]


def columns_of(field: str) -> Iterable[str]:
    """Return the names, in lower case, that tables call a field by; its own comes first."""
    theirs = (
        PUBLISHED[field].columns if field in PUBLISHED else {**TEXTS, **BOUNDS, **LOGARITHMS}.get(field, ())
    )
    return (field, *theirs)
