import json

import pytest
import torch
from finished_runs import drawn
from transformers import MarianConfig, MarianMTModel, T5Config, T5ForConditionalGeneration

from armillary.export.huggingface_files import marian_config, t5_config
from armillary.export.huggingface_weights import as_marian, as_t5, sines_first
from armillary.models import MODELS, Signature
from armillary.models.layers.positions import sinusoidal

PAIRS = Signature(inputs="tokens", outputs="tokens", vocab_size=90, length=150, target_length=20)
MARK = 89  # what ends a text, and stands before the next one
LAST = {"norm_first": False, "norm": "layer", "positions": "sinusoidal", "activation": "relu"}
SHAPES = [
    pytest.param("transformer", {}, id="t5"),
    pytest.param("transformer", {"n_decoder_layers": 1}, id="t5-shallow-decoder"),
    pytest.param("transformer", {"d_model": 33, "n_heads": 3}, id="t5-odd-width"),
    pytest.param("classic-transformer", {}, id="marian"),
    pytest.param("transformer", LAST | {"n_decoder_layers": 1}, id="marian-no-bias"),
    pytest.param("transformer", LAST | {"activation": "gelu", "bias": True}, id="marian-gelu"),
]


def both(kind, fields):
    """Return our model, and theirs with its weights."""
    ours = drawn(MODELS[kind]().fit_to(PAIRS).at_size(3e4).replace(**fields).build())
    blocks = [stack.blocks[0].config for stack in (ours.encoder, ours.decoder)]
    if blocks[0].norm_first:
        config = json.loads(json.dumps(t5_config(*blocks, PAIRS)))
        theirs, weights = T5ForConditionalGeneration(T5Config(**config)), as_t5(ours)
    else:
        config = json.loads(json.dumps(marian_config(*blocks, PAIRS)))
        theirs = MarianMTModel(MarianConfig(**config))
        weights = as_marian(ours, config["max_position_embeddings"])
    missing, extra = theirs.load_state_dict(weights, strict=False)
    assert extra == []
    assert all("embed_tokens" in name or "lm_head" in name for name in missing)
    theirs.tie_weights()
    return ours.double(), theirs.eval().double()


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_scores_are_those_of_the_library(kind, fields):
    ours, theirs = both(kind, fields)
    inputs, targets = torch.randint(90, (3, 140)), torch.randint(90, (3, 9))  # beyond the furthest bucket
    lengths = torch.tensor([140, 4, 7])
    before = torch.cat((torch.full((3, 1), MARK), targets[:, :-1]), 1)
    mask = (torch.arange(140) < lengths[:, None]).long()
    with torch.no_grad():
        scores = ours(inputs, lengths, targets)
        found = theirs(input_ids=inputs, attention_mask=mask, decoder_input_ids=before).logits
    # T5's library turns its norms to single precision on the way.
    assert torch.allclose(found, scores, atol=1e-9 if theirs.config.model_type == "marian" else 1e-4)


def test_the_table_of_positions_is_the_one_that_the_library_makes():
    for width in (8, 9):
        module = MarianMTModel(
            MarianConfig(
                d_model=width,
                encoder_layers=1,
                decoder_layers=1,
                vocab_size=9,
                pad_token_id=8,
                decoder_start_token_id=8,
                encoder_attention_heads=1,
                decoder_attention_heads=1,
                max_position_embeddings=99,
            )
        )
        ours = sinusoidal(torch.arange(99)[:, None], width)[:, sines_first(width)]
        assert torch.allclose(module.model.encoder.embed_positions.weight, ours, atol=1e-5)
