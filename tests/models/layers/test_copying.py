"""The pointer against the formula of See et al. 2017, number by number."""

import math

import pytest
import torch

from armillary.models.layers.copying import FIRST_GATE, CopyHead

TOKENS = torch.tensor([[3, 5, 3, 0], [7, 1, 0, 0]])
REAL = torch.tensor([[True, True, True, True], [True, True, False, False]])


def built(d_model=6, seed=0):
    torch.manual_seed(seed)
    return CopyHead(d_model)


def by_hand(head, x, vectors, scores):
    """Return log P of one row at one position; ``vectors`` are those of real source positions."""
    key, query = head.key.weight, head.query.weight
    energies = torch.stack([(query @ x) @ (key @ h) for h in vectors[0]]) / math.sqrt(len(x))
    attention = energies.exp() / energies.exp().sum()
    context = sum(a * h for a, h in zip(attention, vectors[0], strict=True))
    gate = head.gate.weight[0] @ x + head.source_gate.weight[0] @ context + head.gate.bias[0]
    p_gen = 1 / (1 + (-gate).exp())
    p = p_gen * scores.exp() / scores.exp().sum()
    for a, token in zip(attention, vectors[1], strict=True):
        p[token] += (1 - p_gen) * a
    return p.log()


def test_it_is_the_formula_of_the_paper():
    head, x, vectors, scores = built(), torch.randn(2, 3, 6), torch.randn(2, 4, 6), torch.randn(2, 3, 9)
    log_probs = head(x, head.read(TOKENS, vectors, REAL), scores)
    torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(2, 3))
    for row, n in enumerate((4, 2)):
        for t in range(3):
            source = vectors[row, :n], TOKENS[row, :n].tolist()
            expected = by_hand(head, x[row, t], source, scores[row, t])
            torch.testing.assert_close(log_probs[row, t], expected, atol=1e-5, rtol=1e-5)


def test_gradients_are_those_of_numbers_nearby():
    head = built().double()
    x, vectors, scores = (torch.randn(2, n, m, dtype=torch.double) for n, m in ((3, 6), (4, 6), (3, 9)))
    inputs = tuple(t.requires_grad_() for t in (x, vectors, scores))
    assert torch.autograd.gradcheck(lambda x, v, s: head(x, head.read(TOKENS, v, REAL), s), inputs)


def test_nothing_overflows_where_writing_is_all_but_impossible():
    head, vectors, x = built(), torch.randn(2, 4, 6), torch.randn(2, 3, 6, requires_grad=True)
    scores = torch.zeros(2, 3, 9)
    scores[:, :, 4] = 500.0
    log_probs = head(x, head.read(TOKENS, vectors, REAL), scores)
    assert log_probs[:, :, 8].max().item() == pytest.approx(-500, abs=5)  # neither written nor copied
    assert log_probs[0, :, [0, 3, 5]].min() > -20  # copied
    log_probs.sum().backward()
    assert x.grad.isfinite().all()
    assert x.grad.abs().min() > 0


def test_beams_of_a_source_copy_from_it_without_its_repetition():
    head, vectors = built(), torch.randn(2, 4, 6)
    x, scores = torch.randn(6, 1, 6), torch.randn(6, 1, 9)
    together = head(x, head.read(TOKENS, vectors, REAL), scores)
    rows = torch.arange(6) // 3
    repeated = head.read(TOKENS[rows], vectors[rows], REAL[rows])
    torch.testing.assert_close(together, head(x, repeated, scores))


def test_sources_that_are_kept_are_copied_from_as_before():
    head, vectors = built(), torch.randn(2, 4, 6)
    x, scores = torch.randn(2, 1, 6), torch.randn(2, 1, 9)
    source = head.read(TOKENS, vectors, REAL)
    swapped = head(x[[1, 0]], source.keep(torch.tensor([1, 0])), scores[[1, 0]])
    torch.testing.assert_close(swapped, head(x, source, scores)[[1, 0]])


def test_training_starts_by_writing():
    head = built(d_model=256)
    x, vectors = torch.randn(32, 8, 256), torch.randn(32, 10, 256)
    tokens = torch.arange(10).expand(32, 10)
    shares = head(x, head.read(tokens, vectors, None), torch.zeros(32, 8, 1000)).exp()
    assert shares[:, :, 10:].sum(-1).mean().item() == pytest.approx(
        0.99 * torch.tensor(FIRST_GATE).sigmoid().item(), abs=0.06
    )
