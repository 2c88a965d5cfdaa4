"""What training one model takes: FLOP, devices, memory, time, energy, money, each with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.core.errors import ConfigError
from armillary.core.hardware import Precision
from armillary.fitting.uncertainty import Estimate
from armillary.scaling.systems.architecture import TransformerShape, flops_by_parameters
from armillary.scaling.systems.calibration import PUBLISHED, Calibration
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.efficiency import DEFAULT, Efficiency
from armillary.scaling.systems.estimates import exact, inverse, product, scaled
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import Memory, memory_per_device
from armillary.scaling.systems.search import Choice, choose_layout
from armillary.scaling.systems.step import StepTime, step_time


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
    step: StepTime  # seconds by what they go into, of the model alone, before calibration
    calibration: Calibration
    steps: Estimate  # optimizer steps
    step_seconds: Estimate
    utilisation: Estimate  # train_flops over what the devices' peak would do in that time (MFU)
    seconds: Estimate
    device_hours: Estimate
    kwh: Estimate | None  # at the wall; None: power is not known
    usd: Estimate | None  # None: no price is known
    notes: tuple[str, ...]  # what was assumed, a sentence each

    @property
    def days(self) -> Estimate:
        """Days of wall-clock time."""
        return scaled(self.seconds, 1 / 86400)


def plan_training(
    model: TransformerShape | float,
    n_tokens: float | Estimate,
    cluster: Cluster,
    *,
    precision: Precision = "bf16",
    global_batch: int | None = None,
    context: int = 2048,
    layout: Layout | None = None,
    calibration: Calibration = PUBLISHED,
    efficiency: Efficiency = DEFAULT,
) -> TrainingEstimate:
    """Return what training ``model`` on ``n_tokens`` takes of ``cluster``.

    A number of parameters in place of a shape stands for a decoder with GPT-3's proportions, trained at
    ``context`` tokens with 6 N D FLOP.  ``global_batch`` is in sequences; without a ``layout`` the fastest
    that fits is chosen.  ``calibration`` says how real times compare with the step-time model: by default
    as published runs of weeks do; `calibrate` makes one of your own steps.

    Raises RequestError when the model fits no layout, ConfigError when the layout given does not fit the
    model, the batch or the cluster, or the speed of a link that is needed is not known.
    """
    tokens = n_tokens if isinstance(n_tokens, Estimate) else exact(n_tokens)
    if isinstance(model, TransformerShape):
        shape, n_params, active = model, float(model.n_params), float(model.n_params_active)
    else:
        shape = TransformerShape.at_size(model, context=context)
        n_params = active = float(model)
    choice = _choice(shape, cluster, layout, global_batch, precision, efficiency)
    flops_6nd = scaled(tokens, flops_by_parameters(active, 1.0, shape.kind))
    flops = scaled(tokens, shape.training_flops_per_token()) if model is shape else flops_6nd

    batch_tokens = choice.layout.global_batch * shape.sequence_tokens
    peak = cluster.accelerator.peak(precision) * cluster.n_devices
    step_flops = flops.value / tokens.value * batch_tokens
    modelled = choice.step.total * active / shape.n_params_active  # a shape that was made up is off by some
    expected = modelled if calibration.basis == "model" else step_flops / peak
    step_seconds = calibration.seconds(expected)
    steps = scaled(tokens, 1 / batch_tokens)
    seconds = product(steps, step_seconds)
    hours = scaled(seconds, cluster.n_devices / 3600)
    return TrainingEstimate(
        shape=shape,
        cluster=cluster,
        precision=precision,
        n_params=n_params,
        n_tokens=tokens,
        train_flops=flops,
        flops_6nd=flops_6nd,
        n_devices=cluster.n_devices,
        layout=choice.layout,
        memory=choice.memory,
        step=choice.step,
        calibration=calibration,
        steps=steps,
        step_seconds=step_seconds,
        utilisation=scaled(inverse(step_seconds), step_flops / peak),
        seconds=seconds,
        device_hours=hours,
        kwh=_at(hours, cluster.kwh(1.0)),
        usd=_at(hours, cluster.usd(1.0)),
        notes=_notes(model, shape, cluster, choice, calibration, chosen=layout is None),
    )


def _choice(
    shape: TransformerShape,
    cluster: Cluster,
    layout: Layout | None,
    global_batch: int | None,
    precision: Precision,
    efficiency: Efficiency,
) -> Choice:
    if layout is None:
        return choose_layout(
            shape, cluster, global_batch=global_batch, precision=precision, efficiency=efficiency
        )
    if layout.n_devices != cluster.n_devices:
        raise ConfigError(f"the layout is for {layout.n_devices} devices and there are {cluster.n_devices}")
    if global_batch not in (None, layout.global_batch):
        raise ConfigError(
            f"the layout has a batch of {layout.global_batch} and global_batch is {global_batch}"
        )
    return Choice(
        layout=layout,
        step=step_time(shape, layout, cluster, precision=precision, efficiency=efficiency),
        memory=memory_per_device(shape, layout, cluster.accelerator.memory, precision),
    )


def _at(hours: Estimate, rate: float | None) -> Estimate | None:
    return None if rate is None else scaled(hours, rate)


def _notes(
    model: TransformerShape | float,
    shape: TransformerShape,
    cluster: Cluster,
    choice: Choice,
    calibration: Calibration,
    *,
    chosen: bool,
) -> tuple[str, ...]:
    device, batch = cluster.accelerator, choice.layout.global_batch * shape.sequence_tokens
    against = "the step-time model" if calibration.basis == "model" else "the devices' peak"
    notes = [
        f"Times are {calibration.slowdown:.3g} times {against}, as of {calibration.source}; "
        f"they scatter by {calibration.spread:.0%}.",
        f"The layout is {'the fastest that fits' if chosen else 'the one given'}; a batch is "
        f"{batch / 1e6:.3g}M tokens.",
    ]
    if not isinstance(model, TransformerShape):
        notes.append(
            f"FLOP are 6 N D; the shape is made up: {shape.n_layers} layers, d_model {shape.d_model}, "
            f"context {shape.context}."
        )
    if shape.n_experts > 1:
        notes.append("Sending tokens to experts on other devices is not counted.")
    if not choice.memory.fits:
        notes.append(f"This layout does not fit the memory of {device.name}.")
    if cluster.n_devices > 1 and not (cluster.devices_per_node or device.devices_per_node):
        notes.append(f"{cluster.node_size} devices are assumed to share a server.")
    if device.watts is None:
        notes.append(f"The power of {device.name} is not known, so there is no energy.")
    else:
        notes.append(
            f"Energy is {device.watts:g} W a device times {cluster.server_overhead:g} for the server and "
            f"{cluster.pue:g} for the data centre (PUE)."
        )
    if cluster.usd(1.0) is None:
        notes.append(f"No price of {device.name} is known, so there is no money.")
    elif cluster.usd_per_hour is None:
        notes.append(
            f"A device costs ${device.usd_per_hour:g} an hour: {device.price_source}, {device.price_date}."
        )
    return tuple(notes)
