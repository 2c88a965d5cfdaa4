import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from armillary.core.errors import ConfigError, RequestError
from armillary.models import Signature
from armillary.models.transformer import TransformerConfig

SIGNATURE = Signature(vocab_size=50, length=12)
SMALL = TransformerConfig(signature=SIGNATURE, d_model=16, n_layers=2, n_heads=2)


def tokens(batch, seq):
    return torch.randint(50, (batch, seq), generator=torch.Generator().manual_seed(0))


def llama_of(model):
    """Return transformers' Llama with the weights of ``model``."""
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=SMALL.hidden_width, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=12, rms_norm_eps=1e-6, tie_word_embeddings=False,
        attn_implementation="eager",
    )  # fmt: skip
    llama = LlamaForCausalLM(config).eval()
    table = model.embedding.table.weight
    weights = {
        "model.embed_tokens.weight": table * model.embedding.scale,
        "lm_head.weight": table,
        "model.norm.weight": model.stack.norm.weight,
    }
    for i, block in enumerate(model.stack.blocks):
        at = f"model.layers.{i}."
        for name, part in zip("qkv", block.self_attention.qkv.weight.chunk(3), strict=True):
            weights[f"{at}self_attn.{name}_proj.weight"] = part
        weights[at + "self_attn.o_proj.weight"] = block.self_attention.out.weight
        gate, value = block.feed_forward.up.weight.chunk(2)
        weights[at + "mlp.gate_proj.weight"] = gate
        weights[at + "mlp.up_proj.weight"] = value
        weights[at + "mlp.down_proj.weight"] = block.feed_forward.down.weight
        weights[at + "input_layernorm.weight"] = block.norm_self.weight
        weights[at + "post_attention_layernorm.weight"] = block.norm_ff.weight
    llama.load_state_dict(weights)
    return llama


def test_the_decoder_is_llama():
    torch.manual_seed(0)
    model = SMALL.build()
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.7)
    text = tokens(3, 12)
    with torch.no_grad():
        torch.testing.assert_close(model(text)[0], llama_of(model)(text).logits, atol=1e-5, rtol=1e-5)


def test_rotary_positions_let_a_text_outgrow_the_window():
    torch.manual_seed(0)
    model = SMALL.build().eval()
    text = tokens(2, 40)
    whole, _ = model(text)
    state, parts = model.initial_state(2), []
    with torch.no_grad():
        for chunk in text.split([5, 1, 1, 9, 20, 1, 1, 2], 1):
            logits, state = model(chunk, state)
            parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=1e-5)
    # Two layers of a window of 12 reach 22 tokens back and no further.
    changed = text.clone()
    changed[:, 0] = (changed[:, 0] + 1) % 50
    after, _ = model(changed)
    torch.testing.assert_close(after[:, 23:], whole[:, 23:])
    assert not torch.allclose(after[:, 22], whole[:, 22], atol=1e-7)


@pytest.mark.parametrize("positions", ["sinusoidal", "learnt"])
def test_tables_of_positions_end_where_training_did(positions):
    model = SMALL.replace(positions=positions).build()
    with pytest.raises(RequestError, match="13 positions, this model's end at 12"):
        model(tokens(1, 13))


@pytest.mark.parametrize("d_model", [64, 512])
def test_scores_start_small_whatever_the_width(d_model):
    """Rows of the table are 2 / sqrt(d_model) long, a normalized vector sqrt(d_model)."""
    torch.manual_seed(0)
    model = SMALL.replace(d_model=d_model, n_heads=1).build()
    logits, _ = model(tokens(2, 12))
    assert logits.abs().max() < 2.5


def test_shapes_that_do_not_divide_are_refused():
    with pytest.raises(ConfigError, match="d_model=16 does not divide into n_heads=3"):
        SMALL.replace(n_heads=3)
    with pytest.raises(ConfigError, match="turns pairs of channels, but a head has 1; choose"):
        SMALL.replace(n_heads=16)
    assert SMALL.replace(n_heads=16, positions="sinusoidal").n_params
