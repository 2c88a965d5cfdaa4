import math

import numpy as np
import pytest

from armillary.data.tokenizers import CharacterConfig, learn
from armillary.models.generation.ctc import CTCSearch, prefix_beam_search
from armillary.tasks.language_scorer import LanguageScorer

TEXTS = ["one two", "two one", "one one two"] * 5
TOKENIZER = learn(TEXTS, CharacterConfig())
SCORER = LanguageScorer(TEXTS, TOKENIZER, order=4)


def ids(text):
    return tuple(i + 1 for i in TOKENIZER.encode(text))


@pytest.mark.parametrize("text", ["", "o", "one", "one t", "zzz"])
def test_it_is_a_distribution(text):
    log_probs = SCORER.log_probs(ids(text))[1 : TOKENIZER.vocab_size]
    total = sum(map(math.exp, log_probs)) + math.exp(SCORER.end_log_prob(ids(text)))
    assert total == pytest.approx(1, rel=1e-6)


def test_it_knows_how_texts_begin_and_end():
    assert SCORER.log_probs(())[ids("o")[0]] > SCORER.log_probs(())[ids("n")[0]] + 2
    assert SCORER.end_log_prob(ids("two")) > SCORER.end_log_prob(ids("on")) + 1


def test_it_decides_between_what_sounds_alike():
    """o and u are heard alike; only one of them makes a word."""
    text, n_tokens = "tw?", TOKENIZER.vocab_size
    log_probs = np.full((2 * len(text), n_tokens), -11.0, np.float32)
    log_probs[1::2, 0] = -0.01
    for place, character in enumerate(text):
        for option, log_prob in (("o", -0.9), ("u", -0.6)) if character == "?" else ((character, -0.01),):
            log_probs[2 * place, ids(option)[0]] = log_prob
    plain, with_language = (
        prefix_beam_search(log_probs, CTCSearch(n_beams=8), scorer)[0].tokens for scorer in (None, SCORER)
    )
    assert (plain, with_language) == (ids("twu"), ids("two"))
