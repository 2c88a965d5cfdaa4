"""Which layout fits and is fastest: all sensible ones are tried."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from armillary.core.errors import ConfigError, RequestError
from armillary.core.hardware import Precision
from armillary.core.units import format_bytes
from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.efficiency import DEFAULT, Efficiency
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import Memory, memory_per_device
from armillary.scaling.systems.step import StepTime, step_time

MICRO_BATCHES = (1, 2, 4, 8, 16)
CHUNKS = tuple(range(1, 9))  # of a stage, when stages are interleaved
BATCH_DRIFT = 1.5  # a batch that was not asked for may be rounded by as much
SMALL_BATCH, SMALL_MODEL = 0.5e6, 0.76e9  # tokens and parameters: GPT-3's, whose batches grow as the cube
LARGEST_BATCH = 16e6  # root of the size (Brown et al. 2020, table 2.1); tokens: Llama 3.1 405B's


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A layout with what it takes."""

    layout: Layout
    step: StepTime
    memory: Memory

    @property
    def seconds_per_sequence(self) -> float:
        """Seconds of a step over the sequences in it, by which layouts of unlike batches compare."""
        return self.step.total / self.layout.global_batch


def usual_batch(shape: TransformerShape, n_devices: int) -> float:
    """Return a usual batch in sequences: GPT-3's tokens for the size, more where devices would be idle."""
    tokens: float = SMALL_BATCH * max(1.0, shape.n_params_active / SMALL_MODEL) ** (1 / 3)
    a_sequence = shape.sequence_tokens
    return max(1.0, max(tokens, min(LARGEST_BATCH, n_devices * a_sequence)) / a_sequence)


def choose_layout(
    shape: TransformerShape,
    cluster: Cluster,
    *,
    global_batch: int | None = None,
    precision: Precision = "bf16",
    efficiency: Efficiency = DEFAULT,
) -> Choice:
    """Return the fastest layout that fits the memory; attention is fused and communication overlaps.

    ``global_batch`` is in sequences; without it a usual one is rounded to what the devices divide.
    RequestError when nothing fits, with what is short.
    """
    least = math.inf
    best: Choice | None = None
    for layout in _layouts(shape, cluster, global_batch):
        memory = memory_per_device(shape, layout, cluster.accelerator.memory, precision)
        least = min(least, memory.total)
        if not memory.fits:
            continue
        step = step_time(shape, layout, cluster, precision=precision, efficiency=efficiency)
        choice = Choice(layout=layout, step=step, memory=memory)
        if best is None or choice.seconds_per_sequence < best.seconds_per_sequence:
            best = choice
    if best is None:
        raise RequestError(_why_none(cluster, global_batch, least))
    return best


def _why_none(cluster: Cluster, global_batch: int | None, least: float) -> str:
    devices = f"{cluster.n_devices} x {cluster.accelerator.name}"
    if math.isinf(least):
        return (
            f"no layout splits a batch of {global_batch} sequences over {devices}; give a batch that is a "
            "multiple of the devices, or fewer devices"
        )
    return (
        f"the model does not fit {devices}: every layout needs at least {format_bytes(least)} of the "
        f"{format_bytes(cluster.accelerator.memory)} of a device; take more devices, or larger ones"
    )


def _layouts(shape: TransformerShape, cluster: Cluster, global_batch: int | None) -> Iterator[Layout]:
    """Yield every layout worth trying: tensor parallel within a node, ZeRO 3 only in place of stages."""
    n = cluster.n_devices
    target = usual_batch(shape, n)
    for tensor in _divisors(math.gcd(n, cluster.node_size)):
        for pipeline in _divisors(math.gcd(n // tensor, shape.n_layers)):
            data = n // tensor // pipeline
            for micro_batch in MICRO_BATCHES:
                batch = global_batch or _rounded(target, data * micro_batch)
                for recompute in ("none", "full"):
                    for chunks, zero in _variants(shape, pipeline, data):
                        layout = Layout(
                            tensor=tensor,
                            pipeline=pipeline,
                            data=data,
                            micro_batch=micro_batch,
                            global_batch=batch,
                            recompute="full" if recompute == "full" else "none",
                            sequence_parallel=tensor > 1,
                            interleave=chunks,
                            fused_attention=True,
                            overlap=True,
                            zero=zero,
                        )
                        if _sensible(layout, shape, target if global_batch is None else global_batch):
                            yield layout


def _variants(shape: TransformerShape, pipeline: int, data: int) -> Iterator[tuple[int, int]]:
    """Yield (chunks of a stage, ZeRO stage)."""
    shard = 1 if data > 1 else 0
    for chunks in CHUNKS:
        if chunks == 1 or (pipeline > 1 and shape.n_layers % (pipeline * chunks) == 0):
            yield chunks, shard
    if pipeline == 1 and data > 1:
        yield 1, 3


def _sensible(layout: Layout, shape: TransformerShape, target: float) -> bool:
    if not 1 / BATCH_DRIFT <= layout.global_batch / target <= BATCH_DRIFT:
        return False
    try:
        layout.check(shape)
    except ConfigError:
        return False
    return True


def _rounded(target: float, multiple: int) -> int:
    return max(1, round(target / multiple)) * multiple


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]
