"""The time of one training step, from what its kernels compute, move through memory and send over links.

An analytic model after Narayanan et al. 2021 (arXiv:2104.04473: layouts, pipeline, communication),
Korthikanti et al. 2022 (arXiv:2205.05198: sequence parallelism, recomputation) and Isaev et al. 2023
(Calculon, doi:10.1145/3581784.3607102: each kind of kernel against its own peak).  A block's time on a
device is its matrix multiplications, plus what its other kernels read and write, plus its collectives; or
the time that the host takes to launch them all, where that is longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from armillary.core.hardware import Precision
from armillary.scaling.systems.architecture import BACKWARD, TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.efficiency import DEFAULT, Efficiency
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import element_bytes, params_per_device, state_bytes

# Tensors that kernels other than matrix multiplications read or write in the forward pass of Megatron's
# block: two norms (2 each) and two sums of bias, dropout and residual (3.5 each) are whole, or cut along the
# sequence; transposed queries, keys, values and context (2 each) and the non-linearity (2) are cut by heads
# and hidden units; softmax, dropout and both multiplications pass 6.5 times over the scores.
WHOLE, TRANSPOSED, NONLINEAR, SCORES = 11.0, 2.0, 2.0, 6.5
BACKWARD_MOVES = 1.5  # of a forward pass's traffic: gradient and saved tensor in, gradient out
LOGIT_BYTES = 30.0  # of traffic per logit: float32 softmax, its loss and gradient
ADAM_BYTES = 34.0  # of traffic per parameter of an update, gradient clipping included
COLLECTIVES = 2  # of a block's forward pass under tensor parallelism, as many in the backward pass
MATMULS = 6  # of a block's forward pass: queries with keys and values, scores, mix, output, two of the MLP
VOCABULARY_MULTIPLE = 128  # Megatron pads a vocabulary that it cuts to a multiple of this on each device
ALIGNMENT = 8  # elements: tensor cores want matrix sides of a multiple of 16 bytes
HEAD_LAUNCHES = 0.5  # of a block's: embedding, last norm, logits, loss, and their gradients


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """Seconds of a step on the busiest device, by what they go into."""

    matmul: float  # matrix multiplications
    memory: float  # kernels that only read and write
    host: float  # devices idle because kernels are launched one by one
    tensor: float  # collectives inside blocks
    pipeline: float  # activations sent from stage to stage
    bubble: float  # stages idle while the pipeline fills and drains
    data: float  # gradients (and, in ZeRO 3, weights) over the copies of the model
    optimizer: float  # its update

    @property
    def total(self) -> float:
        """Seconds of the whole step."""
        return math.fsum(self.seconds().values())

    def seconds(self) -> dict[str, float]:
        """Return the parts by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, kw_only=True)
class _Work:
    """Seconds of a piece of the model for one micro-batch."""

    matmul: float
    memory: float
    tensor: float
    host: float  # the device has nothing to do

    @property
    def total(self) -> float:
        return self.matmul + self.memory + self.tensor + self.host


def step_time(
    shape: TransformerShape,
    layout: Layout,
    cluster: Cluster,
    *,
    precision: Precision = "bf16",
    efficiency: Efficiency = DEFAULT,
) -> StepTime:
    """Return how long one optimizer step takes.

    ConfigError when the layout does not divide the model or the batch, or a link's speed is not known.
    """
    layout.check(shape)
    machine = _Machine(shape, layout, cluster, precision, efficiency)
    block, head = machine.block(), machine.head()
    n_blocks, n = shape.n_layers / layout.pipeline, layout.micro_batches
    send = machine.send()
    fill = (layout.pipeline - 1) / layout.interleave
    return StepTime(
        matmul=n * (n_blocks * block.matmul + head.matmul),
        memory=n * (n_blocks * block.memory + head.memory),
        host=n * (n_blocks * block.host + head.host),
        tensor=n * (n_blocks * block.tensor + head.tensor),
        pipeline=n * send,
        bubble=fill * (n_blocks * block.total + send),
        data=machine.gradients(n_blocks * block.total),
        optimizer=machine.update(),
    )


class _Machine:
    """One device of a layout: what each piece of the model costs on it."""

    def __init__(
        self,
        shape: TransformerShape,
        layout: Layout,
        cluster: Cluster,
        precision: Precision,
        efficiency: Efficiency,
    ) -> None:
        self.shape, self.layout, self.cluster, self.efficiency = shape, layout, cluster, efficiency
        self.flops = cluster.accelerator.peak(precision) * efficiency.matmul
        self.bandwidth = cluster.accelerator.bandwidth * efficiency.memory
        self.element = element_bytes(precision)
        self.gradient = state_bytes(precision)[1]
        self.tokens = layout.micro_batch * shape.context  # that pass each block
        self.trained = layout.micro_batch * shape.sequence_tokens
        self.again = 1.0 if layout.recompute == "full" else 0.0  # forward passes that are done twice

    def block(self) -> _Work:
        """Return one block, forward and backward."""
        passes = 1 + BACKWARD + self.again
        collectives = (COLLECTIVES * (2 + self.again)) if self.layout.tensor > 1 else 0.0
        efficiency = self.efficiency
        matmul = self._block_flops() / self.flops + MATMULS * passes * efficiency.kernel
        memory = self._block_bytes() / self.bandwidth
        tensor = collectives * (self._all_reduce_seconds() + self._meeting_seconds())
        launch = efficiency.host * passes / (1 + BACKWARD) + collectives * efficiency.host_collective
        idle = max(0.0, launch - matmul - memory - tensor)
        return _Work(matmul=matmul, memory=memory, tensor=tensor, host=idle)

    def _block_flops(self) -> float:
        shape, layout = self.shape, self.layout
        matrices = shape.block_flops_per_token() / shape.n_layers
        scores = shape.attention_flops_per_token(skip_masked=layout.fused_attention) / shape.n_layers
        passes = 1 + BACKWARD + self.again
        again = 1.0 if layout.recompute == "selective" and not layout.fused_attention else 0.0
        again += 0.5 if layout.fused_attention else 0.0  # the backward kernel makes the scores anew
        return self.trained * (matrices * passes + scores * (passes + again)) / layout.tensor

    def _block_bytes(self) -> float:
        shape, layout = self.shape, self.layout
        passes = 1 + BACKWARD_MOVES + self.again
        whole = WHOLE * shape.d_model / (layout.tensor if layout.sequence_parallel else 1)
        hidden = shape.d_ff * (shape.active_experts + shape.shared_experts) * (1.5 if shape.gated else 1)
        attentions = 1 + shape.cross_layers / shape.n_layers
        cut = TRANSPOSED * 2 * (shape.attention_width + shape.kv_width) * attentions + NONLINEAR * hidden
        moved = (whole + cut / layout.tensor) * passes
        if not layout.fused_attention:
            scores = SCORES * shape.n_heads * shape.context * attentions / layout.tensor
            moved += scores * (passes + (layout.recompute == "selective"))
        return self.tokens * self.element * moved

    def _all_reduce_seconds(self) -> float:
        """Return a ring all-reduce of a micro-batch's residuals, or reduce-scatter and all-gather of it."""
        n = self.layout.tensor
        if n == 1:
            return 0.0
        bandwidth = self._bandwidth(n, stride=1)
        return 2 * (n - 1) / n * self.tokens * self.shape.d_model * self.element / bandwidth

    def _meeting_seconds(self) -> float:
        """Return the wait for the last device to come: the greatest of n delays grows as log n."""
        return self.efficiency.collective * math.log2(self.layout.tensor)

    def head(self) -> _Work:
        """Return embedding, logits and loss, which the last stage has besides its blocks."""
        shape, tensor = self.shape, self.layout.tensor
        share = shape.head_flops_per_token() / (2.0 * shape.vocab_size * shape.d_model)
        vocabulary = float(shape.vocab_size)
        if tensor > 1:
            multiple = VOCABULARY_MULTIPLE * tensor
            vocabulary = math.ceil(vocabulary / multiple) * multiple
        speed = self.flops * (1.0 if vocabulary % ALIGNMENT == 0 else self.efficiency.unaligned)
        logits = share * self.trained * vocabulary / tensor
        return _Work(
            matmul=(1 + BACKWARD) * 2 * logits * shape.d_model / speed,
            memory=LOGIT_BYTES * logits / self.bandwidth,
            tensor=0.0,
            host=HEAD_LAUNCHES * self.efficiency.host,
        )

    def send(self) -> float:
        """Return what a micro-batch's way over one boundary takes, there and back, for each chunk.

        Between nodes the devices of a tensor-parallel group send a part each (Narayanan et al. 2021,
        section 4.1).
        """
        layout = self.layout
        if layout.pipeline == 1:
            return 0.0
        inside = layout.n_devices <= self.cluster.node_size
        parts = 1 if inside else layout.tensor
        bandwidth = self._bandwidth(layout.pipeline, stride=layout.tensor * layout.data)
        size = self.tokens * self.shape.d_model * self.element / parts
        return 2 * layout.interleave * size / bandwidth

    def gradients(self, computing: float) -> float:
        """Return the seconds that copies of the model wait for each other's gradients.

        A ring all-reduce, or the reduce-scatter and all-gather of ZeRO 1 and 2, which are as long; ZeRO 3
        gathers the weights twice for every micro-batch, block by block (Rajbhandari et al. 2020, section 7).
        Every ring takes ``hop`` for each of its devices besides.  Where it overlaps, a share of
        ``computing``, the time that a micro-batch spends in the stage, is not waited for.
        """
        layout, efficiency = self.layout, self.efficiency
        n = layout.data
        if n == 1:
            return 0.0
        size = params_per_device(self.shape, layout) * self.gradient
        bandwidth = self._bandwidth(n, stride=layout.tensor)
        gathers = layout.zero >= 3
        passes = 1 + 2 * layout.micro_batches if gathers else 2
        rings = passes * self.shape.n_layers / layout.pipeline if gathers else passes
        seconds = (n - 1) * (passes * size / n / bandwidth + rings * efficiency.hop)
        if not layout.overlap:
            return seconds
        return max(0.0, seconds - efficiency.hidden * computing * (layout.micro_batches if gathers else 1))

    def update(self) -> float:
        """Return the optimizer's pass over parameters, gradients and moments."""
        shards = self.layout.data if self.layout.zero else 1
        return ADAM_BYTES * params_per_device(self.shape, self.layout) / shards / self.bandwidth

    def _bandwidth(self, n: int, stride: int) -> float:
        """Return bytes/s of each device in a ring of ``n`` that are ``stride`` devices apart.

        A ring within a node goes at the speed of the link, one that leaves it at that of the network.
        """
        cluster, efficiency = self.cluster, self.efficiency
        if n * stride <= cluster.node_size:
            return cluster.link * efficiency.link
        return cluster.network * efficiency.network
