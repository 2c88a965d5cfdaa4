"""Our weights under the names and in the layout of Hugging Face's T5 and Marian.

Both are encoder-decoders with tied embeddings.  T5 (in its second form: RMS norms first, a gated
feed-forward part, no biases) tells places by a bias for each distance, Marian (norms last, ReLU, biases) by
sines and cosines.  They differ from ours in three ways:

1.  T5 does not divide scores by the root of a head's width: its queries are ours, divided.
2.  Marian's positions have all sines first and all cosines behind, ours take turns (Vaswani et al. 2017).
    So our channel ``order[j]`` becomes its channel j, in every weight that touches the residual stream.
3.  Queries, keys and values are maps of their own, ours one packed matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import CrossAttention, SelfAttention
from armillary.models.layers.block import TransformerBlock
from armillary.models.layers.positions import sinusoidal
from armillary.models.transformer.encoder_decoder import EncoderDecoder

Order = Int[Tensor, " d_model"]


# --- T5 ---------------------------------------------------------------------------------------------


def as_t5(module: EncoderDecoder) -> dict[str, Tensor]:
    """Return the weights of ``module`` as ``T5ForConditionalGeneration`` has them.

    T5 multiplies tied scores by d_model^-0.5 where ours multiply what enters by its inverse.
    """
    tensors = {"shared.weight": module.embedding.table.weight * module.embedding.scale}
    for side, stack in (("encoder", module.encoder), ("decoder", module.decoder)):
        assert stack.relative is not None
        first = f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        tensors[first] = stack.relative.table.weight
        tensors[f"{side}.final_layer_norm.weight"] = _gain(stack.norm)
        for i, block in enumerate(cast("Sequence[TransformerBlock]", stack.blocks)):
            tensors |= _t5_block(f"{side}.block.{i}.layer", block)
    return _detached(tensors)


def _t5_block(name: str, block: TransformerBlock) -> dict[str, Tensor]:
    parts: list[tuple[nn.Module, dict[str, Tensor]]] = [
        (block.norm_self, _t5_attention("SelfAttention", block.self_attention))
    ]
    if block.config.cross:
        parts.append((block.norm_cross, _t5_attention("EncDecAttention", block.cross_attention)))
    gate, value = block.feed_forward.up.weight.chunk(2)
    maps = {"wi_0": gate, "wi_1": value, "wo": block.feed_forward.down.weight}
    parts.append((block.norm_ff, {f"DenseReluDense.{key}.weight": weight for key, weight in maps.items()}))
    tensors = {}
    for i, (norm, weights) in enumerate(parts):
        tensors[f"{name}.{i}.layer_norm.weight"] = _gain(norm)
        tensors |= {f"{name}.{i}.{key}": weight for key, weight in weights.items()}
    return tensors


def _t5_attention(name: str, attention: SelfAttention | CrossAttention) -> dict[str, Tensor]:
    d_head = attention.out.weight.shape[1] // attention.n_heads
    tensors = {f"{name}.{part}.weight": weight for part, weight, _ in _projections(attention)}
    tensors[f"{name}.q.weight"] = tensors[f"{name}.q.weight"] * d_head**-0.5
    return tensors | {f"{name}.o.weight": attention.out.weight}


def _gain(norm: nn.Module) -> Tensor:
    return cast("Tensor", norm.weight)


# --- Marian -----------------------------------------------------------------------------------------


def as_marian(module: EncoderDecoder, n_positions: int) -> dict[str, Tensor]:
    """Return the weights of ``module`` as ``MarianMTModel`` has them.

    The table of ``n_positions`` positions is among them, though it could make it: to the last bit ours.
    """
    table = module.embedding.table.weight
    order = sines_first(table.shape[1])
    tensors = {
        "model.shared.weight": table[:, order],
        "final_logits_bias": table.new_zeros(1, len(table)),
    }
    for side, stack in (("encoder", module.encoder), ("decoder", module.decoder)):
        positions = sinusoidal(torch.arange(n_positions)[:, None], len(order))
        tensors[f"model.{side}.embed_positions.weight"] = positions[:, order]
        for i, block in enumerate(cast("Sequence[TransformerBlock]", stack.blocks)):
            tensors |= _marian_block(f"model.{side}.layers.{i}", block, order)
    return _detached(tensors)


def sines_first(d_model: int) -> Order:
    """Return which of our channels stands at each place of theirs: sines, then cosines."""
    return torch.cat((torch.arange(0, d_model, 2), torch.arange(1, d_model, 2)))


def _marian_block(name: str, block: TransformerBlock, order: Order) -> dict[str, Tensor]:
    tensors = _marian_attention(f"{name}.self_attn", block.self_attention, order)
    tensors |= _norm(f"{name}.self_attn_layer_norm", block.norm_self, order)
    if block.config.cross:
        tensors |= _marian_attention(f"{name}.encoder_attn", block.cross_attention, order)
        tensors |= _norm(f"{name}.encoder_attn_layer_norm", block.norm_cross, order)
    tensors |= _reading(f"{name}.fc1", *_weight_and_bias(block.feed_forward.up), order)
    tensors |= _writing(f"{name}.fc2", block.feed_forward.down, order)
    return tensors | _norm(f"{name}.final_layer_norm", block.norm_ff, order)


def _marian_attention(
    name: str, attention: SelfAttention | CrossAttention, order: Order
) -> dict[str, Tensor]:
    tensors = _writing(f"{name}.out_proj", attention.out, order)
    for part, weight, bias in _projections(attention):
        tensors |= _reading(f"{name}.{part}_proj", weight, bias, order)
    return tensors


def _reading(
    name: str, weight: Float[Tensor, "n_out d_model"], bias: Float[Tensor, " n_out"], order: Order
) -> dict[str, Tensor]:
    """Return a map that reads the residual stream."""
    return {f"{name}.weight": weight[:, order], f"{name}.bias": bias}


def _writing(name: str, linear: nn.Linear, order: Order) -> dict[str, Tensor]:
    """Return a map that writes to the residual stream."""
    weight, bias = _weight_and_bias(linear)
    return {f"{name}.weight": weight[order], f"{name}.bias": bias[order]}


def _norm(name: str, norm: nn.Module, order: Order) -> dict[str, Tensor]:
    layer_norm = cast("nn.LayerNorm", norm)
    return {f"{name}.weight": layer_norm.weight[order], f"{name}.bias": layer_norm.bias[order]}


# --- both -------------------------------------------------------------------------------------------


def _projections(attention: SelfAttention | CrossAttention) -> list[tuple[str, Tensor, Tensor]]:
    """Return (q, k or v, weight, bias) of each projection."""
    if isinstance(attention, SelfAttention):
        packed = [("qkv", attention.qkv)]
    else:
        packed = [("q", attention.query), ("kv", attention.key_value)]
    found: list[tuple[str, Tensor, Tensor]] = []
    for parts, linear in packed:
        weights, biases = (whole.chunk(len(parts)) for whole in _weight_and_bias(linear))
        found += zip(parts, weights, biases, strict=True)
    return found


def _weight_and_bias(linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Return a map's weight and bias, zeros where it has none."""
    bias = linear.weight.new_zeros(len(linear.weight)) if linear.bias is None else linear.bias
    return linear.weight, bias


def _detached(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
