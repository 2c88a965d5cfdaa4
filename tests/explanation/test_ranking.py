"""Runs that were trained for a moment, asked why from end to end."""

import pytest
from tiny_tasks import CASES

from armillary.core.errors import ConfigError, RequestError, UnknownNameError
from armillary.explanation import Asked, Explainer, explain, rank
from armillary.inference import open_model
from armillary.models import MODELS
from armillary.training.config import RunConfig
from armillary.training.trainer import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    task = CASES["text-classification"](tmp_path_factory.mktemp("data")).task
    config = RunConfig(
        task=task,
        model=MODELS["transformer"](),
        budget="150 steps",
        batch_size=16,
        evaluations=1,
        checkpoints=1,
    ).fitted()
    config = config.replace(model=config.model.at_size(2e4))
    return train(config, tmp_path_factory.mktemp("runs") / "run")


TEXT = "the butter and salt with old rope 12"


def test_an_explanation_says_what_it_is_worth(run) -> None:
    found = explain(run, Asked(TEXT, answer="cooking"))
    assert found.method == "shapley"
    assert found.features == tuple(TEXT.split())
    assert found.answers == ("cooking",)
    assert found.faithfulness.beats > 0.95
    assert found.checks.completeness_gap == pytest.approx(0, abs=1e-4)
    weights = dict(zip(found.features, found.attributions[0], strict=True))
    assert min(weights["butter"], weights["salt"]) > max(weights["the"], weights["rope"])


def test_attention_is_followed_through_an_encoder(run) -> None:
    explainer = Explainer(open_model(run))
    subject = explainer.subject(Asked(TEXT))
    rollout = explainer.explanation(subject, "attention-rollout")
    assert sum(rollout.attributions[0]) <= 1 + 1e-6  # the end mark has the rest
    assert min(rollout.attributions[0]) > 0
    assert len(explainer.explanation(subject, "attention-x-gradient").attributions[0]) == len(TEXT.split())


def test_methods_are_ranked_on_the_same_inputs(run) -> None:
    told = []
    ranking = rank(open_model(run), ["occlusion", "attention-rollout"], 3, told.append)
    assert ranking.n_inputs == len(told) == 3
    assert [each.share for each in ranking.methods] == sorted(
        (e.share for e in ranking.methods), reverse=True
    )
    for each in ranking.methods:
        assert each.low <= each.share <= each.high
        assert 0 <= each.faithful + each.useless <= 1
    assert {each.method for each in rank(open_model(run), n_inputs=1).methods} >= {"shapley", "rise"}


def test_what_cannot_be_is_refused(run) -> None:
    with pytest.raises(ConfigError, match="grad-cam cannot explain this"):
        explain(run, Asked(TEXT), "grad-cam")
    with pytest.raises(UnknownNameError, match="did you mean 'occlusion'"):
        explain(run, Asked(TEXT), "oclusion")
    with pytest.raises(RequestError, match="1 input or more, got 0"):
        rank(open_model(run), n_inputs=0)
