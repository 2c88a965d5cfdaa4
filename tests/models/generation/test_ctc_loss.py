import math

import numpy as np
import pytest
import torch

from armillary.models.generation.ctc import CTCSearch, prefix_beam_search
from armillary.models.generation.ctc_loss import ctc_nats


def test_it_is_minus_the_log_of_the_sum_over_all_paths():
    scores = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    targets, lengths = torch.tensor([[1, 3, 0], [2, 2, 1]]), torch.tensor([2, 3])
    nats = ctc_nats(scores, torch.tensor([4, 5]), targets, lengths)
    for row, n_steps, n_tokens, nat in zip(scores, (4, 5), (2, 3), nats, strict=True):
        log_probs = row[:n_steps].log_softmax(-1).numpy()
        every = CTCSearch(n_beams=10_000, n_best=10_000)
        heard = {h.tokens: h.log_prob for h in prefix_beam_search(log_probs, every)}
        text = tuple(targets[0 if n_tokens == 2 else 1, :n_tokens].tolist())
        assert -heard[text] == pytest.approx(nat.item(), rel=1e-5)


@pytest.mark.parametrize(("n_steps", "n_tokens"), [(7, 3), (12, 1), (4, 4)])
def test_of_a_uniform_guess_it_counts_the_paths(n_steps, n_tokens):
    """T steps have C(T + U, 2U) paths that spell U different tokens."""
    nats = ctc_nats(torch.zeros(1, n_steps, 9), None, torch.arange(1, n_tokens + 1)[None], None)
    paths = math.comb(n_steps + n_tokens, 2 * n_tokens)
    assert nats.item() == pytest.approx(n_steps * math.log(9) - math.log(paths), rel=1e-6)


def test_a_text_that_does_not_fit_teaches_nothing():
    scores = torch.zeros(2, 3, 5, requires_grad=True)
    nats = ctc_nats(scores, None, torch.tensor([[1, 1, 1], [1, 2, 3]]), None)
    nats.sum().backward()
    assert nats[0] == 0 < nats[1]
    assert not scores.grad[0].any()
    assert np.isfinite(scores.grad.numpy()).all()
