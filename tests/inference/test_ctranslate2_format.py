import ctranslate2
import numpy as np
import pytest
import torch
from finished_runs import drawn

from armillary.core.errors import MissingExtraError
from armillary.data.tokenizers import ByteConfig, learn
from armillary.inference import CTranslate2Writer, ctranslate2_format
from armillary.models import MODELS, Signature
from armillary.models.generation import Writing
from armillary.tasks.writers import TorchWriter

TOKENIZER = learn([], ByteConfig())
STOP = TOKENIZER.end_of_text
PAIRS = Signature(inputs="tokens", outputs="tokens", vocab_size=257, length=24, target_length=16)
SHAPES = [
    pytest.param("transformer", {}, id="transformer"),
    pytest.param("transformer", {"n_decoder_layers": 1, "activation": "relu"}, id="shallow-decoder-relu"),
    pytest.param("classic-transformer", {}, id="classic-transformer"),
    pytest.param("transformer", {"positions": "rope", "bias": True}, id="rotary-with-biases"),
    pytest.param(
        "transformer",
        {"positions": "learnt", "norm": "layer", "norm_first": False, "activation": "gelu"},
        id="learnt-layer-norm-last-gelu",
    ),
    pytest.param("transformer", {"positions": "sinusoidal", "norm": "layer"}, id="sines-layer-norm"),
]


def built(kind, fields):
    torch.manual_seed(0)
    model = MODELS[kind]().fit_to(PAIRS).at_size(5e4).replace(**fields).build()
    return drawn(model, end=1.4 if kind == "classic-transformer" else 2)


def rows(n, longest, seed):
    rng = np.random.default_rng(seed)
    return [np.append(rng.integers(STOP, size=rng.integers(1, longest)), STOP) for _ in range(n)]


def log_probs(model, sources, targets):
    found = []
    with torch.inference_mode():
        for source, target in zip(sources, targets, strict=True):
            scores = model(torch.from_numpy(source)[None], None, torch.from_numpy(target)[None])
            found.append(scores[0].log_softmax(-1)[range(len(target)), target].numpy())
    return found


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_every_shape_scores_and_writes_the_same(kind, fields, tmp_path):
    model = built(kind, fields)
    ctranslate2_format.write(model, TOKENIZER, tmp_path, "float32")
    writer = CTranslate2Writer(tmp_path, TOKENIZER)
    sources, targets = rows(24, 23, 1), rows(24, 15, 2)
    theirs = writer.log_probs(sources, targets)
    for a, b in zip(log_probs(model, sources, targets), theirs, strict=True):
        assert a == pytest.approx(b, abs=1e-4)
    for writing in (
        Writing(),
        Writing(n_beams=4, n_best=2, early_stopping=True, length_penalty=0.5),
        Writing(n_beams=2, early_stopping=True, max_tokens=9),
    ):
        ours = TorchWriter(model).write_all(sources, writing, STOP, 16)
        theirs = writer.write_all(sources, writing, STOP, 16)
        assert tokens(theirs) == tokens(ours)
        for a, b in zip(ours, theirs, strict=True):
            assert [w.score for w in b] == pytest.approx([w.score for w in a], abs=1e-4)


def tokens(written):
    return [[one.tokens for one in best] for best in written]


@pytest.mark.parametrize("limits", [{"min_tokens": 7}, {"no_repeat_ngram": 2}, {"max_tokens": 3}])
def test_limits_of_a_text_hold_there_too(limits, tmp_path):
    model, sources = built("transformer", {}), rows(12, 23, 1)
    ctranslate2_format.write(model, TOKENIZER, tmp_path, "float32")
    writing = Writing(**limits)
    theirs = CTranslate2Writer(tmp_path, TOKENIZER).write_all(sources, writing, STOP, 16)
    assert tokens(theirs) == tokens(TorchWriter(model).write_all(sources, writing, STOP, 16))
    assert tokens(theirs) != tokens(TorchWriter(model).write_all(sources, Writing(), STOP, 16))


@pytest.mark.parametrize("kind", ["transformer", "classic-transformer"])
def test_texts_of_these_tests_end_here_and_there(kind):
    written = TorchWriter(built(kind, {})).write_all(rows(24, 23, 1), Writing(), STOP, 16)
    assert len({len(best[0].tokens) for best in written}) > 2


def test_int8_is_close_and_leaves_the_module_as_it_was(tmp_path):
    model = built("transformer", {})
    before = {name: p.clone() for name, p in model.state_dict().items()}
    ctranslate2_format.write(model, TOKENIZER, tmp_path, "int8")
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())
    sources, targets = rows(24, 23, 1), rows(24, 15, 2)
    theirs = CTranslate2Writer(tmp_path, TOKENIZER).log_probs(sources, targets)
    losses = [-np.concatenate(side).mean() for side in (log_probs(model, sources, targets), theirs)]
    assert losses[1] == pytest.approx(losses[0], abs=0.02)
    assert losses[1] != losses[0]
    assert ctranslate2.contains_model(str(tmp_path))


def test_a_sinusoidal_table_reaches_beyond_what_was_trained():
    model = built("classic-transformer", {})
    table = ctranslate2_format.position_table(model.encoder.positions)
    assert len(table) == 1024
    assert torch.equal(table[:24], model.encoder.positions.table)


def test_other_models_are_refused():
    assert "encoder-decoder" in ctranslate2_format.refusal(MODELS["lstm"]().fit_to(PAIRS).build())
    assert "model.copy=false" in ctranslate2_format.refusal(built("transformer", {"copy": True}))
    assert ctranslate2_format.refusal(built("transformer", {})) == ""


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ctranslate2", None)
    with pytest.raises(MissingExtraError, match=r"armillary\[fast\]"):
        ctranslate2_format.installed()
