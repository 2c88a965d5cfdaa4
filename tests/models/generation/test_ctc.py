import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from armillary.models.generation.ctc import (
    BLANK,
    CTCSearch,
    Listener,
    aligned,
    greedy,
    prefix_beam_search,
)


def drawn(frames, n_tokens, seed=0, sharpness=1.0):
    scores = sharpness * np.random.default_rng(seed).normal(size=(frames, n_tokens))
    return torch.from_numpy(scores).log_softmax(-1).float().numpy()


def spelled(path):
    return tuple(token for token, _ in itertools.groupby(path) if token != BLANK)


def all_texts(log_probs):
    """The probability of every text, from every path there is."""
    texts = {}
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        p = math.exp(sum(float(frame[token]) for frame, token in zip(log_probs, path, strict=True)))
        texts[spelled(path)] = texts.get(spelled(path), 0.0) + p
    return texts


@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_the_likeliest_texts_with_their_exact_probability(seed):
    log_probs = drawn(6, 3, seed)
    texts = all_texts(log_probs)
    assert sum(texts.values()) == pytest.approx(1, abs=1e-5)
    found = prefix_beam_search(log_probs, CTCSearch(n_beams=1000, n_best=5))
    expected = sorted(texts, key=lambda text: -texts[text])[:5]
    assert [text.tokens for text in found] == expected
    for text in found:
        assert text.log_prob == pytest.approx(math.log(texts[text.tokens]), abs=1e-4)
        assert text.score == text.log_prob


def test_the_probability_of_a_text_is_that_of_torch():
    log_probs = drawn(30, 8, sharpness=8.0)
    (best,) = prefix_beam_search(log_probs, CTCSearch(n_beams=200))
    loss = F.ctc_loss(
        torch.from_numpy(log_probs)[:, None],
        torch.tensor([best.tokens]),
        torch.tensor([30]),
        torch.tensor([len(best.tokens)]),
        reduction="sum",
    )
    assert best.log_prob == pytest.approx(-loss.item(), abs=1e-2)


def test_greedy_is_the_likeliest_path_and_comes_in_pieces():
    log_probs = drawn(50, 4)
    assert tuple(greedy(log_probs)) == spelled(log_probs.argmax(1).tolist())
    listener, heard = Listener(), []
    for piece in np.split(log_probs, [1, 2, 2, 17, 40]):
        heard += listener.hear(piece)
    assert heard == greedy(log_probs)
    assert greedy(log_probs[:0]) == []


class Likes:
    """A language model that wants one token after another."""

    def __init__(self, text):
        self.text = text

    def log_probs(self, text):
        return [0.0 if self.text[: len(text) + 1] == (*text, token) else -20.0 for token in range(3)]

    def end_log_prob(self, text):
        return 0.0 if text == self.text else -20.0


def test_a_language_model_decides_between_what_sounds_alike():
    log_probs = np.log(np.array([[0.1, 0.46, 0.44], [0.9, 0.05, 0.05], [0.1, 0.44, 0.46]], np.float32))
    assert prefix_beam_search(log_probs)[0].tokens == (1, 2)
    (heard,) = prefix_beam_search(log_probs, CTCSearch(weight=1.0, bonus=0.0), Likes((2, 1)))
    assert heard.tokens == (2, 1)
    assert heard.score == pytest.approx(heard.log_prob)
    (longer,) = prefix_beam_search(log_probs, CTCSearch(weight=0.0, bonus=2.0), Likes(()))
    assert longer.score == pytest.approx(longer.log_prob + 2.0 * len(longer.tokens))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("text", [(1,), (1, 2), (2, 2), (1, 2, 1)])
def test_an_alignment_is_the_likeliest_path_of_its_text(seed, text):
    log_probs = drawn(6, 3, seed)
    paths = [p for p in itertools.product(range(3), repeat=6) if spelled(p) == text]
    best = max(paths, key=lambda path: sum(log_probs[range(6), path]))
    runs = [[i for i, _ in run] for token, run in itertools.groupby(enumerate(best), lambda x: x[1]) if token]
    assert aligned(log_probs, text) == [(run[0], run[-1] + 1) for run in runs]


def test_what_cannot_be_aligned_is_said():
    assert aligned(drawn(3, 3), ()) == []
    assert aligned(drawn(3, 3), (1, 1)) == [(0, 1), (2, 3)]
    with pytest.raises(ValueError, match="2 tokens, 1 repeated, do not fit into 2 frames"):
        aligned(drawn(2, 3), (1, 1))
