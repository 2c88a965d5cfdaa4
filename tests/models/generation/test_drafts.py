import itertools

import pytest
import torch
from finished_runs import drawn

from armillary.core.errors import ConfigError
from armillary.models import MODELS, Signature
from armillary.models.generation import Writing, stream_one, write

END, MOST = 19, 12
SIGNATURE = Signature(inputs="tokens", outputs="tokens", vocab_size=20, length=9, target_length=MOST)
SAMPLING = Writing(temperature=1.0)


@pytest.fixture(scope="module")
def model():
    """A Transformer whose texts end anywhere."""
    torch.manual_seed(0)
    config = MODELS["transformer"](d_model=16, n_layers=1, n_heads=2).fit_to(SIGNATURE)
    return drawn(config.build(), end=2)


@pytest.fixture(scope="module")
def sources():
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(2, 10, (30,), generator=generator)
    tokens = torch.randint(0, END, (30, 9), generator=generator)
    return tokens * (torch.arange(9) < lengths[:, None]), lengths


def texts(model, sources, writing, rows=slice(None)):
    inputs, lengths = sources[0][rows], sources[1][rows]
    inputs = inputs[:, : lengths.max()]
    return [[text.tokens for text in best] for best in write(model, inputs, lengths, writing, END, MOST)]


def test_a_text_is_drawn_alike_alone_and_among_others_and_anew_by_another_seed(model, sources):
    together = texts(model, sources, SAMPLING)
    assert [texts(model, sources, SAMPLING, [i])[0] for i in range(30)] == together
    assert texts(model, sources, SAMPLING) == together
    assert texts(model, sources, SAMPLING.replace(seed=1)) != together
    assert len({len(best[0]) for best in together}) > 5


def test_scores_are_the_models_own_log_probabilities(model, sources):
    writing = SAMPLING.replace(n_best=3, length_penalty=2.0, temperature=0.7, top_k=5)
    inputs, lengths = sources
    found = write(model, inputs, lengths, writing, END, MOST)
    assert all(a.score >= b.score for best in found for a, b in itertools.pairwise(best))
    for i, best in enumerate(found[:5]):
        for text in best:
            tokens = torch.tensor([[*text.tokens, END][:MOST]])
            with torch.inference_mode():
                scores = model.eval()(inputs[i : i + 1], lengths[i : i + 1], tokens)[0].log_softmax(-1)
            log_prob = scores.gather(1, tokens.T).sum() / tokens.shape[1] ** 2
            assert text.score == pytest.approx(float(log_prob), abs=1e-5)


def test_a_single_best_token_to_draw_from_is_greedy_writing(model, sources):
    assert texts(model, sources, SAMPLING.replace(top_k=1)) == texts(model, sources, Writing())
    assert texts(model, sources, SAMPLING.replace(top_p=1e-6)) == texts(model, sources, Writing())


@pytest.mark.parametrize("writing", [Writing(), SAMPLING, Writing(no_repeat_ngram=1, min_tokens=4)])
def test_a_stream_is_the_text(model, sources, writing):
    inputs, lengths = sources
    for i in range(10):
        source = inputs[i : i + 1, : lengths[i]]
        assert [list(stream_one(model, source, writing, END, MOST))] == texts(model, sources, writing, [i])[0]
    with pytest.raises(ConfigError, match="n_beams=2, n_best=1: one text alone"):
        stream_one(model, source, Writing(n_beams=2), END, MOST)


def test_texts_are_as_long_as_asked_and_repeat_nothing_that_they_must_not(model, sources):
    writing = SAMPLING.replace(min_tokens=3, max_tokens=8, no_repeat_ngram=2, n_best=2)
    written = [tokens for best in texts(model, sources, writing) for tokens in best]
    lengths = {len(tokens) for tokens in written}
    assert min(lengths) >= 3
    assert max(lengths) == 8
    assert len(lengths) > 3
    for tokens in written:
        pairs = list(itertools.pairwise(tokens))
        assert len(set(pairs)) == len(pairs)
    assert write(model, sources[0][:0], None, writing, END, MOST) == []


def test_a_model_in_training_is_asked_without_dropout_and_stays_in_training(model, sources):
    model.train()
    assert texts(model, sources, Writing()) == texts(model, sources, Writing())
    assert model.training
