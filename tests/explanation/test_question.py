import pytest
import torch

from armillary.explanation.question import log_odds


def test_features_that_are_away_are_replaced_and_numbers_of_none_stay(linear) -> None:
    shown = linear.showing(torch.tensor([[True, False, True, False], [False] * 4]))
    assert shown.tolist() == [[1, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 1]]


def test_values_are_summed_over_features(linear) -> None:
    assert linear.by_feature(torch.arange(6.0)).tolist() == [1, 2, 3, 4]


def test_answers_of_many_inputs_are_those_of_each(linear, monkeypatch) -> None:
    present = torch.rand(50, 4, generator=torch.Generator().manual_seed(0)) < 0.5
    whole = linear.with_features(present)
    monkeypatch.setattr("armillary.explanation.question.AT_ONCE", 18)
    torch.testing.assert_close(linear.with_features(present), whole)


def test_log_odds_go_on_where_a_model_is_sure() -> None:
    p = torch.tensor([0.1, 0.5, 0.9, 1.0], dtype=torch.float64)
    odds = log_odds(p.log())
    torch.testing.assert_close(odds[:3], torch.logit(p[:3]))
    assert odds[3] == pytest.approx(13.8, abs=0.1)
