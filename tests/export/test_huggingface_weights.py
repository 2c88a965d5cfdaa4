import json

import pytest
import torch
from finished_runs import drawn
from transformers import MarianConfig, MarianMTModel, PegasusConfig, PegasusForConditionalGeneration

from armillary.export.huggingface_files import model_config
from armillary.export.huggingface_weights import NEVER, renamed, sines_first
from armillary.models import MODELS, Signature
from armillary.models.layers.positions import sinusoidal

PAIRS = Signature(inputs="tokens", outputs="tokens", vocab_size=90, length=24, target_length=20)
SHAPES = [
    pytest.param("transformer", {}, id="norm-first"),
    pytest.param("classic-transformer", {}, id="norm-last"),
    pytest.param("transformer", {"n_decoder_layers": 1, "bias": False}, id="shallow-decoder-no-bias"),
    pytest.param("transformer", {"norm_first": False, "activation": "gelu"}, id="gelu"),
    pytest.param("transformer", {"d_model": 33, "n_heads": 3}, id="odd-width"),
]


def both(kind, fields):
    """Return our model, and theirs with its weights."""
    ours = drawn(MODELS[kind]().fit_to(PAIRS).at_size(3e4).replace(**fields).build())
    blocks = [stack.blocks[0].config for stack in (ours.encoder, ours.decoder)]
    config = json.loads(json.dumps(model_config(*blocks, PAIRS, end_of_text=89)))
    marian = config["model_type"] == "marian"
    theirs = MarianMTModel(MarianConfig(**config)) if marian else None
    theirs = theirs or PegasusForConditionalGeneration(PegasusConfig(**config))
    missing, extra = theirs.load_state_dict(renamed(ours, config["max_position_embeddings"]), strict=False)
    assert extra == []
    assert all("embed_tokens" in name or "lm_head" in name for name in missing)
    theirs.tie_weights()
    return ours.double(), theirs.eval().double()


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_scores_are_those_of_the_library(kind, fields):
    ours, theirs = both(kind, fields)
    inputs, targets = torch.randint(90, (3, 11)), torch.randint(90, (3, 9))
    lengths = torch.tensor([11, 4, 7])
    before = torch.cat((torch.full((3, 1), 90), targets[:, :-1]), 1)
    mask = (torch.arange(11) < lengths[:, None]).long()
    with torch.no_grad():
        scores = ours(inputs, lengths, targets)
        found = theirs(input_ids=inputs, attention_mask=mask, decoder_input_ids=before).logits
    assert torch.allclose(found[..., :90], scores, atol=1e-9)
    assert (found[..., 90] == NEVER).all()
    assert torch.allclose(found.softmax(-1)[..., :90], scores.softmax(-1), atol=1e-12)


def test_the_table_of_positions_is_the_one_that_the_library_makes():
    for width in (8, 9):
        module = PegasusForConditionalGeneration(
            PegasusConfig(
                d_model=width,
                encoder_layers=1,
                decoder_layers=1,
                vocab_size=9,
                encoder_attention_heads=1,
                decoder_attention_heads=1,
                max_position_embeddings=99,
            )
        )
        ours = sinusoidal(torch.arange(99)[:, None], width)[:, sines_first(width)]
        assert torch.allclose(module.model.encoder.embed_positions.weight, ours, atol=1e-5)
