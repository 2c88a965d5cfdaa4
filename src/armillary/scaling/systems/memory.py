"""Memory of one device: the model's state, and the activations that wait for the backward pass.

State after Rajbhandari et al. 2020 (ZeRO, arXiv:1910.02054, section 3.1); activations after Korthikanti et
al. 2022 (arXiv:2205.05198, section 4), whose 34 s b h is kept apart by what each part is, so that gated
MLPs, grouped keys and experts are counted too.
"""

from __future__ import annotations

from dataclasses import dataclass

from armillary.core.hardware import Precision
from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.layout import Layout

WORKSPACE = 0.08  # of the memory: context, kernels' workspace, communication buffers, fragmentation


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes on the fullest device (the first stage of the pipeline)."""

    weights: float  # bytes, in training precision
    gradients: float  # bytes
    optimizer: float  # bytes: Adam's moments, and float32 weights beside those of 16 bits
    activations: float  # bytes kept for the backward pass
    available: float  # bytes of the device, less what frameworks take

    @property
    def state(self) -> float:
        """Weights, gradients, optimizer."""
        return self.weights + self.gradients + self.optimizer

    @property
    def total(self) -> float:
        """All that is needed."""
        return self.state + self.activations

    @property
    def fits(self) -> bool:
        """Whether the device holds it."""
        return self.total <= self.available


def memory_per_device(
    shape: TransformerShape, layout: Layout, device_memory: float, precision: Precision = "bf16"
) -> Memory:
    """Return what training needs on a device of ``device_memory`` bytes.

    ZeRO 3 holds two blocks' weights whole, the one at work and the one that is being gathered.
    """
    n_params = params_per_device(shape, layout)
    weight, gradient, optimizer = state_bytes(precision)
    gathered = 2 * weight * shape.n_params_non_embedding / shape.n_layers / layout.tensor
    return Memory(
        weights=weight * n_params / layout.data + gathered if layout.zero >= 3 else weight * n_params,
        gradients=gradient * n_params / (layout.data if layout.zero >= 2 else 1),
        optimizer=optimizer * n_params / (layout.data if layout.zero >= 1 else 1),
        activations=activation_bytes(shape, layout, precision),
        available=(1 - WORKSPACE) * device_memory,
    )


def state_bytes(precision: Precision) -> tuple[float, float, float]:
    """Return bytes a parameter of weights, gradients and Adam: 16 in all.

    Mixed precision keeps 16-bit weights and gradients, and float32 weights and moments (Rajbhandari et al.
    2020, section 3.1); float32 needs no second copy of the weights.
    """
    return (4.0, 4.0, 8.0) if precision in ("fp32", "tf32") else (2.0, 2.0, 12.0)


def element_bytes(precision: Precision) -> float:
    """Return bytes of an activation: of 16 bits, or of 32."""
    return 4.0 if precision in ("fp32", "tf32") else 2.0


def params_per_device(shape: TransformerShape, layout: Layout) -> float:
    """Return the parameters of the first stage of the pipeline on one of its devices."""
    tables: float = shape.n_params - shape.n_params_non_embedding
    if layout.pipeline > 1 and not shape.tied:
        tables /= 2  # the output head lives on the last stage
    return (shape.n_params_non_embedding / layout.pipeline + tables) / layout.tensor


def activation_bytes(shape: TransformerShape, layout: Layout, precision: Precision = "bf16") -> float:
    """Return the activations on the first stage: what is saved of all micro-batches in flight.

    One-forward-one-backward keeps as many micro-batches in flight as there are stages, so the first stage
    holds as much as the whole model would for one; interleaving adds (p - 1) / (p m) of it (Korthikanti et
    al. 2022, equation 5).  Without stages the logits are held as well.
    """
    stages, chunks = layout.pipeline, layout.interleave
    in_flight = min(stages, layout.micro_batches) * shape.n_layers / stages
    if chunks > 1:
        in_flight *= 1 + (stages - 1) / (stages * chunks)
    saved = in_flight * bytes_per_layer(shape, layout, precision)
    tokens = layout.micro_batch * shape.context
    head = 0.0
    if stages == 1:  # the last norm, the head's input, the logits in float32
        head = 4 * tokens * (shape.d_model + shape.vocab_size) / layout.tensor
    return saved + head


def bytes_per_layer(shape: TransformerShape, layout: Layout, precision: Precision = "bf16") -> float:
    """Return what one block saves of one micro-batch for its backward pass."""
    tokens, width = layout.micro_batch * shape.context, shape.d_model
    size = element_bytes(precision)
    if layout.recompute == "full":
        return size * tokens * width / (layout.tensor if layout.sequence_parallel else 1)
    # inputs of two norms, of attention, of the MLP; two dropout masks
    whole: float = 4 * size * width + 2 * width
    # queries, keys, values, and the values as mixed
    attentions = 1 + shape.cross_layers / shape.n_layers
    attention = size * (2 * shape.attention_width + 2 * shape.kv_width) * attentions
    # the non-linearity's input and output
    mlp = size * (4 if shape.gated else 2) * shape.d_ff * (shape.active_experts + shape.shared_experts)
    scores = 0.0
    if layout.recompute == "none" and not layout.fused_attention:
        scores = (
            (2 * size + 1) * shape.n_heads * shape.context * attentions
        )  # softmax, its dropout mask, what is left
    if layout.sequence_parallel:
        whole /= layout.tensor
    return tokens * (whole + (attention + mlp + scores) / layout.tensor)
