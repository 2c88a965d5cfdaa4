import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.errors import ConfigError
from armillary.scaling.systems.architecture import TransformerShape, flops_by_parameters

GPT2 = TransformerShape(
    n_layers=12,
    d_model=768,
    n_heads=12,
    d_ff=3072,
    vocab_size=50257,
    context=1024,
    bias=True,
    learned_positions=True,
)
LLAMA_7B = TransformerShape(
    n_layers=32, d_model=4096, n_heads=32, d_ff=11008, vocab_size=32000, context=2048, gated=True, tied=False
)
LLAMA3_8B = TransformerShape(
    n_layers=32,
    d_model=4096,
    n_heads=32,
    n_kv_heads=8,
    d_ff=14336,
    vocab_size=128256,
    context=8192,
    gated=True,
    tied=False,
)
MIXTRAL = TransformerShape(
    n_layers=32,
    d_model=4096,
    n_heads=32,
    n_kv_heads=8,
    d_ff=14336,
    vocab_size=32000,
    context=8192,
    gated=True,
    tied=False,
    n_experts=8,
    active_experts=2,
)
PLAIN = TransformerShape(n_layers=24, d_model=2048, n_heads=16, d_ff=8192, vocab_size=51200, context=1024)


@pytest.mark.parametrize(
    ("shape", "n_params"),
    [  # as counted in the published weights
        (GPT2, 124_439_808),
        (LLAMA_7B, 6_738_415_616),
        (LLAMA3_8B, 8_030_261_248),
        (MIXTRAL, 46_702_792_704),
    ],
)
def test_parameters_are_those_of_published_models(shape, n_params):
    assert shape.n_params == n_params


def test_a_token_passes_the_experts_that_are_chosen():
    assert MIXTRAL.n_params_active == pytest.approx(12.88e9, rel=1e-3)  # 13B active (Jiang et al. 2024)
    dense_like = 2 * (MIXTRAL.n_params_active - 2 * 32000 * 4096)
    assert MIXTRAL.block_flops_per_token() == pytest.approx(dense_like, rel=1e-3)


def test_training_flop_are_those_of_korthikanti():
    """Equation 7 of arXiv:2205.05198 per token: 72 l h^2 (1 + s / 6h + v / 12lh)."""
    h, n_layers, s, v = PLAIN.d_model, PLAIN.n_layers, PLAIN.context, PLAIN.vocab_size
    expected = 72 * n_layers * h**2 * (1 + s / (6 * h) + v / (12 * n_layers * h))
    assert PLAIN.training_flops_per_token() == pytest.approx(expected, rel=1e-12)


def test_full_recomputation_are_the_flop_of_narayanan():
    """Equation 3 of arXiv:2104.04473 per token: 96 l h^2 (1 + s / 6h + v / 16lh)."""
    h, n_layers, s, v = PLAIN.d_model, PLAIN.n_layers, PLAIN.context, PLAIN.vocab_size
    expected = 96 * n_layers * h**2 * (1 + s / (6 * h) + v / (16 * n_layers * h))
    assert PLAIN.training_flops_per_token("full") == pytest.approx(expected, rel=1e-12)


def test_selective_recomputation_computes_the_scores_twice():
    more = PLAIN.training_flops_per_token("selective") - PLAIN.training_flops_per_token()
    assert more == pytest.approx(PLAIN.attention_flops_per_token())


def test_a_causal_mask_hides_half_of_the_pairs():
    seen = PLAIN.attention_flops_per_token(skip_masked=True) / PLAIN.attention_flops_per_token()
    assert seen == pytest.approx((1024 + 1) / 2 / 1024)


def test_grouped_queries_save_keys_and_values_alone():
    whole = TransformerShape(
        n_layers=32,
        d_model=4096,
        n_heads=32,
        d_ff=14336,
        vocab_size=128256,
        context=8192,
        gated=True,
        tied=False,
    )
    saved = whole.n_params - LLAMA3_8B.n_params
    assert saved == 32 * 2 * 4096 * (4096 - 1024)
    assert whole.attention_flops_per_token() == LLAMA3_8B.attention_flops_per_token()


def test_an_encoder_decoder_token_passes_half_of_the_model():
    sizes = {"d_model": 1024, "n_heads": 16, "d_ff": 4096, "vocab_size": 32128, "context": 512}
    both = TransformerShape(n_layers=48, kind="encoder-decoder", **sizes)
    alone = TransformerShape(n_layers=24, kind="encoder", **sizes)
    cross = 24 * both.attention_weights
    assert both.n_params_non_embedding == 2 * alone.n_params_non_embedding + cross + 24 * 1024
    # One token of the text and one of its translation: the encoder, the decoder and its cross-attention.
    assert 2 * both.block_flops_per_token() == pytest.approx(2 * alone.block_flops_per_token() + 2 * cross)
    three = 3 * both.n_params * 1.0
    assert both.training_flops_per_token() == pytest.approx(three, rel=0.15)


APPENDIX_D = [  # Brown et al. 2020 (arXiv:2005.14165): millions of parameters, billions of tokens, FLOP
    (125, 300, 2.25e20, "decoder"),
    (356, 300, 6.41e20, "decoder"),
    (760, 300, 1.37e21, "decoder"),
    (1320, 300, 2.38e21, "decoder"),
    (2650, 300, 4.77e21, "decoder"),
    (6660, 300, 1.20e22, "decoder"),
    (12850, 300, 2.31e22, "decoder"),
    (174600, 300, 3.14e23, "decoder"),
    (60, 1000, 1.80e20, "encoder-decoder"),
    (220, 1000, 6.60e20, "encoder-decoder"),
    (770, 1000, 2.31e21, "encoder-decoder"),
    (3000, 1000, 9.00e21, "encoder-decoder"),
    (11000, 1000, 3.30e22, "encoder-decoder"),
    (109, 250, 1.64e20, "encoder"),
    (355, 250, 5.33e20, "encoder"),
    (125, 2000, 1.50e21, "encoder"),
    (355, 2000, 4.26e21, "encoder"),
]


@pytest.mark.parametrize(("millions", "billions", "flops", "kind"), APPENDIX_D)
def test_flop_by_parameters_are_those_of_gpt3_s_appendix(millions, billions, flops, kind):
    assert flops_by_parameters(millions * 1e6, billions * 1e9, kind) == pytest.approx(flops, rel=0.01)


@pytest.mark.parametrize("n_params", [1e6, 1.25e8, 1.3e9, 6.7e9, 70e9, 175e9, 405e9, 1e12])
def test_a_shape_of_a_size_has_about_that_size_and_splits_over_a_node(n_params):
    shape = TransformerShape.at_size(n_params)
    assert shape.n_params == pytest.approx(n_params, rel=0.08)
    assert shape.n_heads * shape.d_head == shape.d_model
    assert n_params < 5e9 or shape.n_heads % 8 == 0


def test_gpt3_comes_out_of_its_size():
    shape = TransformerShape.at_size(174.6e9)
    assert (shape.n_layers, shape.d_model) == (96, 12288)


@settings(max_examples=20, deadline=None)
@given(size=st.floats(1e6, 2e12), gated=st.booleans())
def test_a_made_up_shape_is_never_far_from_its_size(size, gated):
    assert TransformerShape.at_size(size, gated=gated).n_params == pytest.approx(size, rel=0.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_heads": 7}, "no multiple of n_heads 7"),
        ({"n_kv_heads": 5}, "n_kv_heads 5 does not divide n_heads 12"),
        ({"n_layers": 0}, "n_layers is 0"),
        ({"active_experts": 2}, "active_experts 2 is not within n_experts 1"),
        ({"kind": "encoder-decoder", "n_layers": 3}, "3 layers has no two halves"),
    ],
)
def test_shapes_that_do_not_go_together_are_refused(change, message):
    sizes = {
        "n_layers": 12,
        "d_model": 768,
        "n_heads": 12,
        "d_ff": 3072,
        "vocab_size": 50257,
        "context": 1024,
    }
    with pytest.raises(ConfigError, match=message):
        TransformerShape(**(sizes | change))


def test_sizes_without_a_usual_shape_are_refused():
    with pytest.raises(ConfigError, match="has no usual shape"):
        TransformerShape.at_size(10.0)
    with pytest.raises(ConfigError, match="with a vocabulary of 50000 has about 1e"):
        TransformerShape.at_size(1e6, vocab_size=50000)
