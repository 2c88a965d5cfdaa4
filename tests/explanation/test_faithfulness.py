import dataclasses

import pytest
import torch

from armillary.explanation.checks import alike, checked
from armillary.explanation.faithfulness import Judge
from armillary.explanation.methods.base import Method
from armillary.explanation.methods.gradients import IntegratedGradients
from armillary.explanation.question import Question
from armillary.explanation.verdict import verdict
from armillary.runs.explained import Checks


@pytest.fixture
def steep() -> Question:
    """A hundred features, each worth half of the one before."""
    weights = 0.9 ** torch.arange(100.0)
    return Question(
        module=torch.nn.Identity(),
        inputs=torch.ones(100),
        absent=torch.zeros(100),
        owners=torch.arange(100),
        answers=lambda _, batch: (batch @ weights)[:, None],
        n_features=100,
    )


def test_the_right_order_beats_every_random_one_and_its_reverse_none(steep) -> None:
    judge, right = Judge.of(steep), 0.9 ** torch.arange(100.0)[None]
    best, worst = judge.judged(right), judge.judged(-right)
    assert best.beats == 1
    assert worst.beats == 0
    assert best.score == pytest.approx(-worst.score)
    assert 0.5 < best.share < 1
    assert best.insertion[0] == pytest.approx(0)
    assert best.insertion[-1] == best.deletion[0] == pytest.approx(judge.worth)


def test_random_explanations_score_nothing_on_average_and_are_called_random(steep) -> None:
    judge = Judge.of(steep, n_random=400)
    assert abs(judge.random.mean()) < 3 * judge.random.std() / 20
    dice = torch.Generator().manual_seed(9)
    beaten = [judge.judged(torch.rand(1, 100, generator=dice)).beats for _ in range(40)]
    assert sum(share >= 0.95 for share in beaten) <= 6
    assert 0.3 < sum(beaten) / 40 < 0.7


def test_the_area_of_a_linear_answer_is_that_of_its_curves() -> None:
    question = Question(
        module=torch.nn.Identity(),
        inputs=torch.ones(2),
        absent=torch.zeros(2),
        owners=torch.arange(2),
        answers=lambda _, batch: batch @ torch.tensor([[3.0], [1.0]]),
        n_features=2,
    )
    found = Judge.of(question).judged(torch.tensor([[3.0, 1.0]]))
    assert found.insertion == (0, 3, 4)
    assert found.deletion == (4, 1, 0)
    assert found.score == pytest.approx(1.0)  # trapezoids of -4, 2, 4 over halves
    assert found.share == pytest.approx(0.25)


class Blind(Method):
    """Says the same of every model."""

    kind = "blind"

    def attributions(self, question):  # noqa: ARG002
        return torch.arange(4.0).expand(2, 4)


def test_what_ignores_the_model_looks_the_same_with_random_weights(linear) -> None:
    def fresh(seed):
        torch.manual_seed(seed)
        return dataclasses.replace(linear).module.__class__(torch.randn(2, 6))

    blind = checked(Blind(), linear, Blind().attributions(linear), fresh)
    assert blind.with_random_weights == pytest.approx(1)
    assert blind.completeness_gap is None
    method = IntegratedGradients()
    honest = checked(method, linear, method.attributions(linear), fresh)
    assert honest.with_random_weights < 0.9
    assert honest.completeness_gap == pytest.approx(0, abs=1e-5)
    assert honest.stability > 0.8


def test_ranks_are_compared_and_flat_explanations_are_like_none() -> None:
    one = torch.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    assert alike(one, one * 10 + 1) == pytest.approx(1)
    assert alike(one, one.flip(1)) == pytest.approx(-1)
    assert alike(one, torch.zeros(2, 3)) == 0


GOOD = Checks(completeness_gap=0.0, stability=0.9, with_random_weights=0.1)


def test_verdicts(steep) -> None:
    judge = Judge.of(steep)
    best = judge.judged(0.9 ** torch.arange(100.0)[None])
    assert verdict(best, GOOD) == ("faithful", ())
    for change, said in (
        ({"stability": 0.1}, "noise"),
        ({"with_random_weights": 0.9}, "learnt nothing"),
        ({"completeness_gap": 0.4}, "miss the whole by 40%"),
    ):
        worth, reasons = verdict(best, dataclasses.replace(GOOD, **change))
        assert worth == "weak"
        assert said in reasons[0]
    small = dataclasses.replace(best, share=0.05)
    assert verdict(small, GOOD)[0] == "weak"
    worst = judge.judged(-(0.9 ** torch.arange(100.0))[None])
    assert verdict(worst, GOOD)[0] == "no better than random"
