"""Our encoder-decoder Transformers in the format of CTranslate2, which runs them fast on CPUs.

Its specification of a Transformer is as general as our blocks: norms first or last, layer norm or
root-mean-square, ReLU, GELU or SwiGLU, positions from a table, by rotation or by a bias for each distance.
Packed projections are packed there in the same order, so weights
go over as they are; with ``int8`` each row of a matrix is rounded to 255 steps of its own size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from armillary.core.errors import MissingExtraError
from armillary.data.tokenizers import END_OF_TEXT, Tokenizer
from armillary.models.layers.attention import CrossAttention, SelfAttention
from armillary.models.layers.block import TransformerBlock
from armillary.models.layers.feed_forward import FeedForward
from armillary.models.layers.norms import RMSNorm
from armillary.models.layers.positions import FURTHEST, Learnt, Sinusoidal, sinusoidal
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.models.transformer.stack import Stack

Quantization = Literal["int8", "int16", "float16", "bfloat16", "float32"]

PLACES = 1024  # positions that can be told apart, at least; a sinusoidal table has no end of its own


def installed() -> Any:
    """Return the module ``ctranslate2``; MissingExtraError when there is none."""
    try:
        import ctranslate2
    except ImportError as error:
        raise MissingExtraError("CTranslate2", "ctranslate2", "fast") from error
    return ctranslate2


def refusal(module: nn.Module) -> str:
    """Return why CTranslate2 cannot run ``module``, or nothing."""
    if not isinstance(module, EncoderDecoder):
        return "it runs encoder-decoder Transformers (model=transformer or model=classic-transformer)"
    if module.copy_head is not None:
        return "it has no pointer; train with model.copy=false"
    return ""


def write(module: EncoderDecoder, tokenizer: Tokenizer, folder: Path, quantization: Quantization) -> None:
    """Write ``module`` and its vocabulary into ``folder``, an empty one."""
    spec = specification(module, tokenizer)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))


def specification(module: EncoderDecoder, tokenizer: Tokenizer) -> Any:
    """Return ``module`` as a ``ctranslate2.specs.TransformerSpec``."""
    specs = installed().specs
    encoder, decoder = module.encoder, module.decoder
    spec = specs.TransformerSpec(
        specs.TransformerEncoderSpec(**_shape(encoder)), specs.TransformerDecoderSpec(**_shape(decoder))
    )
    for part, stack in ((spec.encoder, encoder), (spec.decoder, decoder)):
        _set_stack(part, stack)
        part.scale_embeddings = module.embedding.scale
    table = _copied(module.embedding.table.weight)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = table
    spec.decoder.projection.weight = table
    for register in (spec.register_source_vocabulary, spec.register_target_vocabulary):
        register(tokenizer.spelled())
    config = spec.config
    config.bos_token = config.eos_token = config.unk_token = config.decoder_start_token = END_OF_TEXT
    config.layer_norm_epsilon = cast("nn.LayerNorm", _first(encoder).norm_self).eps
    return spec


def _shape(stack: Stack) -> dict[str, Any]:
    """Return what the constructor of an encoder's or decoder's specification is told."""
    common = installed().specs.common_spec
    c = _first(stack).config
    activations = {
        "relu": common.Activation.RELU,
        "gelu": common.Activation.GELU,
        "swiglu": common.Activation.SWISH,
    }
    rotary = {} if stack.rotary is None else {"rotary_dim": 0, "rotary_interleave": False}
    return {
        "num_layers": len(stack.blocks),
        "num_heads": c.n_heads,
        "pre_norm": c.norm_first,
        "activation": activations[c.activation],
        "ffn_glu": c.activation == "swiglu",
        "rms_norm": c.norm == "rms",
        "relative_attention_bias": stack.relative is not None,
        **rotary,
    }


def _first(stack: Stack) -> TransformerBlock:
    return cast("TransformerBlock", stack.blocks[0])


def _set_stack(spec: Any, stack: Stack) -> None:
    if stack.positions is not None:
        spec.position_encodings.encodings = position_table(stack.positions)
    if not isinstance(stack.norm, nn.Identity):
        _set_norm(spec.layer_norm, stack.norm)
    for layer, block in zip(spec.layer, cast("Sequence[TransformerBlock]", stack.blocks), strict=True):
        _set_attention(layer.self_attention, block.self_attention, block.norm_self)
        if stack.relative is not None:
            layer.self_attention.relative_attention_bias = _copied(stack.relative.table.weight)
            layer.self_attention.relative_attention_max_distance = np.dtype("int32").type(FURTHEST)
        if block.config.cross:
            _set_attention(layer.attention, block.cross_attention, block.norm_cross)
        _set_feed_forward(layer.ffn, block.feed_forward, block.norm_ff)


def position_table(positions: Sinusoidal | Learnt) -> Tensor:
    """Return what is added at each place; of a sinusoidal encoding, at ``PLACES`` of them at least."""
    if isinstance(positions, Learnt):
        return _copied(positions.table.weight)
    n, d_model = positions.table.shape
    return sinusoidal(torch.arange(max(n, PLACES))[:, None], d_model)


def _copied(weight: Tensor) -> Tensor:
    """Return a copy: CTranslate2 quantizes the memory that it is given."""
    return weight.detach().to("cpu", torch.float32, copy=True)


def _set_norm(spec: Any, norm: nn.Module) -> None:
    assert isinstance(norm, RMSNorm | nn.LayerNorm)
    spec.gamma = _copied(norm.weight)
    if isinstance(norm, nn.LayerNorm):
        spec.beta = _copied(norm.bias)


def _set_linear(spec: Any, weight: Tensor, bias: Tensor | None) -> None:
    spec.weight = _copied(weight)
    if bias is not None:
        spec.bias = _copied(bias)


def _set_attention(spec: Any, attention: SelfAttention | CrossAttention, norm: nn.Module) -> None:
    _set_norm(spec.layer_norm, norm)
    if isinstance(attention, SelfAttention):
        linears = [attention.qkv, attention.out]
    else:
        linears = [attention.query, attention.key_value, attention.out]
    for linear_spec, linear in zip(spec.linear, linears, strict=True):
        _set_linear(linear_spec, linear.weight, linear.bias)


def _set_feed_forward(spec: Any, part: FeedForward, norm: nn.Module) -> None:
    _set_norm(spec.layer_norm, norm)
    _set_linear(spec.linear_1, part.down.weight, part.down.bias)
    if part.activation != "swiglu":
        _set_linear(spec.linear_0, part.up.weight, part.up.bias)
        return
    biases = (None, None) if part.up.bias is None else part.up.bias.chunk(2)
    for name, weight, bias in zip(
        ("linear_0", "linear_0_noact"), part.up.weight.chunk(2), biases, strict=True
    ):
        _set_linear(getattr(spec, name), weight, bias)
