"""Our weights under the names and in the layout of Hugging Face's Pegasus and Marian.

Both are encoder-decoders with sinusoidal positions, embeddings multiplied by sqrt(d_model) and tied, and
biases everywhere; Pegasus has its norms first, Marian last.  They differ from ours in three ways:

1.  Their positions have all sines first and all cosines behind, ours take turns (Vaswani et al. 2017).
    So our channel ``order[j]`` becomes their channel j, in every weight that touches the residual stream.
2.  Queries, keys and values are maps of their own, ours one packed matrix.
3.  The decoder starts from a token, ours from a zero vector: a ``<pad>`` is added, as the last id, whose
    embedding is zero and whose score is -1e9, so that it is never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import CrossAttention, SelfAttention
from armillary.models.layers.block import TransformerBlock
from armillary.models.layers.positions import sinusoidal
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.models.transformer.stack import Stack

NEVER = -1e9  # the score of what is never written

Order = Int[Tensor, " d_model"]


def sines_first(d_model: int) -> Order:
    """Return which of our channels stands at each place of theirs: sines, then cosines."""
    return torch.cat((torch.arange(0, d_model, 2), torch.arange(1, d_model, 2)))


def renamed(module: EncoderDecoder, n_positions: int) -> dict[str, Tensor]:
    """Return the weights of ``module`` as ``PegasusForConditionalGeneration`` or ``MarianMTModel`` has them.

    The table of ``n_positions`` positions is among them, though both could make it: to the last bit ours.
    """
    table = module.embedding.table.weight.detach()
    order = sines_first(table.shape[1])
    bias = F.pad(table.new_zeros(1, len(table)), (0, 1), value=NEVER)
    tensors = {"model.shared.weight": F.pad(table[:, order], (0, 0, 0, 1)), "final_logits_bias": bias}
    for side, stack in (("encoder", module.encoder), ("decoder", module.decoder)):
        positions = sinusoidal(torch.arange(n_positions)[:, None], len(order))
        tensors[f"model.{side}.embed_positions.weight"] = positions[:, order]
        tensors |= _stack(f"model.{side}", stack, order)
    return {name: tensor.detach().contiguous() for name, tensor in tensors.items()}


def _stack(name: str, stack: Stack, order: Order) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for i, block in enumerate(cast("Sequence[TransformerBlock]", stack.blocks)):
        tensors |= _block(f"{name}.layers.{i}", block, order)
    if not isinstance(stack.norm, nn.Identity):
        tensors |= _norm(f"{name}.layer_norm", stack.norm, order)
    return tensors


def _block(name: str, block: TransformerBlock, order: Order) -> dict[str, Tensor]:
    tensors = _attention(f"{name}.self_attn", block.self_attention, order)
    tensors |= _norm(f"{name}.self_attn_layer_norm", block.norm_self, order)
    if block.config.cross:
        tensors |= _attention(f"{name}.encoder_attn", block.cross_attention, order)
        tensors |= _norm(f"{name}.encoder_attn_layer_norm", block.norm_cross, order)
    tensors |= _reading(f"{name}.fc1", *_weight_and_bias(block.feed_forward.up), order)
    tensors |= _writing(f"{name}.fc2", block.feed_forward.down, order)
    return tensors | _norm(f"{name}.final_layer_norm", block.norm_ff, order)


def _attention(name: str, attention: SelfAttention | CrossAttention, order: Order) -> dict[str, Tensor]:
    if isinstance(attention, SelfAttention):
        packed = [("qkv", attention.qkv)]
    else:
        packed = [("q", attention.query), ("kv", attention.key_value)]
    tensors = _writing(f"{name}.out_proj", attention.out, order)
    for parts, linear in packed:
        weights, biases = (whole.chunk(len(parts)) for whole in _weight_and_bias(linear))
        for part, weight, bias in zip(parts, weights, biases, strict=True):
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


def _weight_and_bias(linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Return a map's weight and bias, zeros where it has none."""
    bias = linear.weight.new_zeros(len(linear.weight)) if linear.bias is None else linear.bias
    return linear.weight, bias
