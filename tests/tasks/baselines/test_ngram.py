import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.tasks.baselines.ngram import FALLBACK_DISCOUNTS, NgramModel, discounts


def by_hand(text, history, word, vocab_size, order):
    """p(word | history) by the formula, with dictionaries, one probability at a time."""
    if order == 0:
        return 1 / vocab_size
    grams = [tuple(text[i : i + n]) for n in (order, order + 1) for i in range(len(text) - n + 1)]
    longer = {g for g in grams if len(g) == order + 1}
    counts = Counter(g for g in grams if len(g) == order)
    if len(history) >= order:  # a lower order: in how many ways is the gram preceded
        counts = Counter({g: sum(g == h[1:] for h in longer) for g in counts})
    d = (0.0, *discounts(np.array(list(counts.values()))))
    context = tuple(history[len(history) - order + 1 :])
    followed = {g: c for g, c in counts.items() if g[:-1] == context}
    total = sum(followed.values())
    below = by_hand(text, history, word, vocab_size, order - 1)
    if total == 0:
        return below
    c = counts[(*context, word)]
    gamma = sum(d[min(c, 3)] for c in followed.values()) / total
    return (c - d[min(c, 3)]) / total + gamma * below


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_those_of_the_formula(order):
    rng = np.random.default_rng(order)
    text = rng.choice(5, size=60, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    model = NgramModel.train(text, vocab_size=6, order=order)
    for history in ([0, 1, 0], [5, 5, 5], [2, 0, 0], text[:3].tolist()):
        history = history[: order - 1]
        rows = np.array([[*history, word] for word in range(6)])
        expected = [by_hand(text.tolist(), history, word, 6, order) for word in range(6)]
        assert np.exp(model.log_probs(rows)[:, -1]) == pytest.approx(expected)


def test_a_bigram_by_hand():
    # "a b a b a c" with V = 4: too few counts of counts, so the discounts are 0.5, 1 and 1.5.
    model = NgramModel.train(np.array([0, 1, 0, 1, 0, 2]), vocab_size=4, order=2)
    # Unigrams by distinct predecessors: a after b (1), b after a (1), c after a (1); each loses 0.5.
    unigram = 0.5 / 3 + 1.5 / 3 / 4
    # After a: b twice (less 1), c once (less 0.5), of 3 in all.
    assert math.exp(model.log_probs(np.array([0, 1]))[1]) == pytest.approx(1 / 3 + 1.5 / 3 * unigram)
    assert math.exp(model.log_probs(np.array([0, 3]))[1]) == pytest.approx(1.5 / 3 * 1.5 / 3 / 4)


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(st.integers(0, 4), min_size=1, max_size=80),
    history=st.lists(st.integers(0, 5), max_size=4),
    order=st.integers(1, 5),
)
def test_probabilities_after_any_history_sum_to_one(text, history, order):
    model = NgramModel.train(np.array(text), vocab_size=6, order=order)
    rows = np.array([[*history, word] for word in range(6)])
    assert np.exp(model.log_probs(rows)[:, -1]).sum() == pytest.approx(1.0, abs=1e-12)


def test_discounts_follow_chen_and_goodman():
    counts = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 3])
    y = 40 / 80
    assert discounts(counts) == pytest.approx((1 - 2 * y * 0.5, 2 - 3 * y * 0.5, 3 - 4 * y * 0.5))
    assert discounts(np.array([7, 7, 7])) == FALLBACK_DISCOUNTS


def test_a_longer_history_helps_on_real_text_and_training_data_is_likelier_than_unseen():
    words = (math.__doc__ or "") + "".join(
        (getattr(np, n).__doc__ or "") for n in ("sum", "mean", "std", "var")
    )
    text = np.frombuffer(words.encode("ascii", "ignore"), dtype=np.uint8).astype(np.int64)
    train, unseen = text[:-2000], text[-2000:]
    losses = [-NgramModel.train(train, 128, order).log_probs(unseen).mean() for order in (1, 2, 4)]
    assert losses[0] > losses[1] > losses[2]
    assert losses[0] < math.log(128)
    assert -NgramModel.train(train, 128, 4).log_probs(train).mean() < losses[2]


def test_rows_are_scored_independently():
    rng = np.random.default_rng(0)
    model = NgramModel.train(rng.integers(0, 9, 500), 9, order=3)
    rows = rng.integers(0, 9, (4, 7))
    assert model.log_probs(rows)[2] == pytest.approx(model.log_probs(rows[2]))
