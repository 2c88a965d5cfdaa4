"""What training one model takes: FLOP, devices, memory, time, energy, money, each with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.core.errors import ConfigError
from armillary.core.hardware import Precision
from armillary.fitting.uncertainty import Estimate
from armillary.scaling.systems.architecture import TransformerShape, flops_by_parameters
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.estimates import between, exact, inverse, product, scaled
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import Memory, memory_per_device

UTILISATION = between(0.4, 0.2, 0.5)  # model FLOP over peak of published runs, OPT-175B to LLaMA-65B
BATCH_TOKENS = 4e6  # of a step, where none is given: GPT-3's 3.2M, LLaMA's 4M


@dataclass(frozen=True, kw_only=True)
class TrainingEstimate:
    """Training of one model on one cluster."""

    shape: TransformerShape  # as given, or made up for a number of parameters
    cluster: Cluster
    precision: Precision
    n_params: float
    n_tokens: Estimate
    train_flops: Estimate  # of the model: what recomputation adds is not counted
    flops_6nd: Estimate  # the usual estimate, from parameters alone
    n_devices: int
    layout: Layout
    memory: Memory  # bytes per device
    steps: Estimate  # optimizer steps
    step_seconds: Estimate
    utilisation: Estimate  # train_flops over what the devices' peak would do in that time
    seconds: Estimate
    device_hours: Estimate
    kwh: Estimate | None  # at the wall; None: power is not known
    usd: Estimate | None  # None: no price is known
    notes: tuple[str, ...]  # what was assumed, a sentence each


def plan_training(
    model: TransformerShape | float,
    n_tokens: float | Estimate,
    cluster: Cluster,
    *,
    precision: Precision = "bf16",
    global_batch: int | None = None,
    layout: Layout | None = None,
) -> TrainingEstimate:
    """Return what training ``model`` on ``n_tokens`` takes of ``cluster``.

    A number of parameters in place of a shape is planned with GPT-3's proportions and 6 N D FLOP.
    ``global_batch`` is in sequences.
    """
    shape = model if isinstance(model, TransformerShape) else TransformerShape.at_size(model)
    tokens = n_tokens if isinstance(n_tokens, Estimate) else exact(n_tokens)
    flops_6nd = scaled(tokens, flops_by_parameters(shape.n_params_active, 1.0, shape.kind))
    flops = scaled(tokens, shape.training_flops_per_token()) if model is shape else flops_6nd
    batch = global_batch or max(1, round(BATCH_TOKENS / shape.context))
    layout = layout or Layout(data=cluster.n_devices, global_batch=batch)
    peak = cluster.accelerator.peak(precision) * cluster.n_devices
    seconds = scaled(product(flops, inverse(UTILISATION)), 1 / peak)
    steps = scaled(tokens, 1 / (layout.global_batch * shape.context))
    hours = scaled(seconds, cluster.n_devices / 3600)
    if layout.n_devices != cluster.n_devices:
        raise ConfigError(f"the layout is for {layout.n_devices} devices and there are {cluster.n_devices}")
    return TrainingEstimate(
        shape=shape,
        cluster=cluster,
        precision=precision,
        n_params=float(shape.n_params),
        n_tokens=tokens,
        train_flops=flops,
        flops_6nd=flops_6nd,
        n_devices=cluster.n_devices,
        layout=layout,
        memory=memory_per_device(shape, layout, cluster.accelerator.memory, precision),
        steps=steps,
        step_seconds=scaled(seconds, 1 / steps.value),
        utilisation=UTILISATION,
        seconds=seconds,
        device_hours=hours,
        kwh=_at(hours, cluster.kwh(1.0)),
        usd=_at(hours, cluster.usd(1.0)),
        notes=("Utilisation is that of published runs.",),
    )


def _at(hours: Estimate, rate: float | None) -> Estimate | None:
    return None if rate is None else scaled(hours, rate)
