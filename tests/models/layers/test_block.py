"""The block against torch.nn's encoder and decoder layers, with their weights."""

import pytest
import torch
from torch import nn

from armillary.models.layers.block import BlockConfig, TransformerBlock

SHAPE = {"d_model": 16, "nhead": 4, "dim_feedforward": 24, "dropout": 0.0, "batch_first": True}


def ours(norm_first, activation, **flags):
    config = BlockConfig(
        d_model=16,
        n_heads=4,
        d_ff=24,
        norm="layer",
        norm_first=norm_first,
        activation=activation,
        bias=True,
        **flags,
    )
    return TransformerBlock(config)


def copy(mine, theirs):
    mine.load_state_dict(theirs.state_dict())


def copy_self_attention(block, layer):
    block.self_attention.qkv.weight.data.copy_(layer.self_attn.in_proj_weight)
    block.self_attention.qkv.bias.data.copy_(layer.self_attn.in_proj_bias)
    copy(block.self_attention.out, layer.self_attn.out_proj)


def copy_cross_attention(block, layer):
    weight, bias = layer.multihead_attn.in_proj_weight, layer.multihead_attn.in_proj_bias
    block.cross_attention.query.weight.data.copy_(weight[:16])
    block.cross_attention.query.bias.data.copy_(bias[:16])
    block.cross_attention.key_value.weight.data.copy_(weight[16:])
    block.cross_attention.key_value.bias.data.copy_(bias[16:])
    copy(block.cross_attention.out, layer.multihead_attn.out_proj)


def scramble(layer):
    """Biases and norms start at 0 and 1, which would hide that they are not copied."""
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -0.4, 0.6)
    return layer


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_encoder_block_is_torchs_encoder_layer(norm_first, activation):
    torch.manual_seed(0)
    layer = scramble(nn.TransformerEncoderLayer(**SHAPE, activation=activation, norm_first=norm_first))
    block = ours(norm_first, activation)
    copy_self_attention(block, layer)
    copy(block.norm_self, layer.norm1)
    copy(block.norm_ff, layer.norm2)
    copy(block.feed_forward.up, layer.linear1)
    copy(block.feed_forward.down, layer.linear2)
    x, real = torch.randn(2, 7, 16), torch.arange(7) < torch.tensor([[7], [4]])
    expected = layer(x, src_key_padding_mask=~real)
    torch.testing.assert_close(block(x, real[:, None, None]), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("norm_first", [True, False])
def test_the_decoder_block_is_torchs_decoder_layer(norm_first):
    torch.manual_seed(0)
    layer = scramble(nn.TransformerDecoderLayer(**SHAPE, norm_first=norm_first))
    block = ours(norm_first, "relu", causal=True, cross=True)
    copy_self_attention(block, layer)
    copy_cross_attention(block, layer)
    copy(block.norm_self, layer.norm1)
    copy(block.norm_cross, layer.norm2)
    copy(block.norm_ff, layer.norm3)
    copy(block.feed_forward.up, layer.linear1)
    copy(block.feed_forward.down, layer.linear2)
    x, memory = torch.randn(2, 5, 16), torch.randn(2, 7, 16)
    real = torch.arange(7) < torch.tensor([[7], [4]])
    expected = layer(
        x,
        memory,
        tgt_mask=nn.Transformer.generate_square_subsequent_mask(5),
        tgt_is_causal=True,
        memory_key_padding_mask=~real,
    )
    out = block(x, memory=block.cross_attention.read(memory, real[:, None, None]))
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)


def test_residual_branches_start_smaller_the_more_there_are():
    torch.manual_seed(0)
    shape = {"d_model": 64, "n_heads": 4, "d_ff": 256}
    for n_layers in (1, 8):
        block = TransformerBlock(BlockConfig(**shape, n_layers=n_layers))
        assert block.self_attention.out.weight.std().item() == pytest.approx(
            (64 * 2 * n_layers) ** -0.5, rel=0.05
        )
        assert block.feed_forward.down.weight.std().item() == pytest.approx(
            (256 * 2 * n_layers) ** -0.5, rel=0.05
        )
        assert block.feed_forward.up.weight.std().item() == pytest.approx(64**-0.5, rel=0.05)
