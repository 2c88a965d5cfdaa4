import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_tasks import CASES

from armillary.models import MODELS
from armillary.training import rules
from armillary.training.config import OptimConfig, RunConfig
from armillary.training.flops import flops_per_step

SIZES = st.floats(1e4, 1e10)
TOKENS = st.floats(1e5, 1e12)
FAMILIES = st.sampled_from(["cnn", "lstm", "transformer", "someone else's"])


@given(FAMILIES, st.sampled_from(["next-token", "class"]), SIZES, SIZES, TOKENS)
def test_a_larger_model_never_learns_faster(
    family: str, outputs: str, a: float, b: float, tokens: float
) -> None:
    small, large = sorted((a, b))
    rates = [rules.learning_rate(family, outputs, n, tokens) for n in (small, large)]
    assert 1e-6 < rates[1] <= rates[0] <= rules.LARGEST_LR


def test_the_measured_regime_is_met() -> None:
    """A transformer of 1e5 parameters on 1e6 tokens: 5e-3, 512 tokens a step, beta2 0.99, 50 steps."""
    assert rules.learning_rate("transformer", "next-token", 1e5, 1e6) == pytest.approx(5e-3)
    assert rules.batch_tokens(1e6) == 512
    assert rules.beta2("next-token", 512) == pytest.approx(0.99)
    assert rules.warmup(1e6 / 512) == 50
    assert rules.weight_decay("next-token", 5e-3, 2000) == 0.1


def test_large_models_follow_step_law() -> None:
    expected = 1.79 * 1e9**-0.713 * 2e10**0.307
    assert rules.learning_rate("transformer", "next-token", 1e9, 2e10) == pytest.approx(expected)


@given(TOKENS, TOKENS)
def test_more_data_takes_larger_batches(a: float, b: float) -> None:
    few, many = sorted((a, b))
    assert 512 <= rules.batch_tokens(few) <= rules.batch_tokens(many)


@given(st.floats(1, 1e8))
def test_a_classifiers_batch_is_a_power_of_two_in_bounds(n_examples: float) -> None:
    batch = rules.batch_examples(n_examples)
    assert 32 <= batch <= 256
    assert math.log2(batch).is_integer()


def test_a_classifiers_decay_averages_over_half_the_run() -> None:
    decay = rules.weight_decay("class", 2e-3, n_steps=5000)
    assert 1 / (2e-3 * decay) == pytest.approx(2500)


@given(st.floats(1, 1e8))
def test_beta2_stays_between_its_measured_ends(tokens: float) -> None:
    assert 0.95 - 1e-9 <= rules.beta2("next-token", tokens) <= 0.99


@given(st.floats(1, 1e7))
def test_warmup_is_a_small_part_of_any_run(steps: float) -> None:
    assert rules.warmup(steps) <= max(1, steps / 10)


OPEN = {"optim__lr": None, "optim__weight_decay": None, "batch_size": None, "schedule__warmup": None}


@pytest.mark.parametrize("budget", ["300 steps", "1e5 tokens", "4 epochs", "1e9 flop", "30s"])
def test_resolving_fills_everything_in_and_is_done_once(toy, monkeypatch, budget: str) -> None:
    monkeypatch.setattr(rules, "matmul_peak", lambda *_: 1e11)
    config = rules.resolved(toy(budget=budget, **OPEN))
    assert None not in (
        config.batch_size,
        config.optim.lr,
        config.optim.beta2,
        config.optim.weight_decay,
        config.schedule.warmup,
    )
    assert rules.resolved(config) == config
    assert RunConfig.from_dict(config.to_dict()) == config


def test_what_is_given_is_kept(toy) -> None:
    given_values = {"optim__lr": 0.5, "optim__weight_decay": 0.0, "batch_size": 3, "schedule__warmup": 0}
    config = rules.resolved(toy(**given_values))
    assert (config.optim.lr, config.optim.weight_decay) == (0.5, 0.0)
    assert (config.batch_size, config.schedule.warmup) == (3, 0)


def test_a_batch_can_be_split_into_its_parts(toy) -> None:
    assert (rules.resolved(toy(**OPEN, accumulate=3)).batch_size or 1) % 3 == 0


def test_every_budget_is_expected_to_give_the_tokens_that_it_gives(toy, monkeypatch) -> None:
    config = toy().fitted()
    a_step, flop = 4 * 6, flops_per_step(config)
    monkeypatch.setattr(rules, "matmul_peak", lambda *_: 1e9)
    for budget, tokens in [
        ("50 steps", 50 * a_step),
        ("1234 tokens", 1234),
        ("2 epochs", 2 * rules.n_examples(config) * 6),
        (f"{flop * 10} flop", 10 * a_step),
        ("3s", 3 * rules.EFFICIENCY * 1e9 / flop * a_step),
    ]:
        assert rules.expected_tokens(config.replace(budget=budget)) == pytest.approx(tokens)


def test_pairs_of_texts_are_moved_by_muon_in_larger_steps(tmp_path) -> None:
    config = RunConfig(
        task=CASES["translation"](tmp_path).task, model=MODELS["transformer"](), budget="1e5 tokens"
    )
    muon = rules.resolved(config)
    adamw = rules.resolved(config.replace(optim=OptimConfig(algorithm="adamw")))
    assert (muon.optim.algorithm, adamw.optim.algorithm) == ("muon", "adamw")
    assert muon.optim.lr == pytest.approx(2.5 * (adamw.optim.lr or 0))
    assert muon.batch_size == 2 * (adamw.batch_size or 0)
    assert rules.algorithm_of(config.replace(strategy="fsdp")) == "adamw"
    assert rules.algorithm_of(config.replace(model=MODELS["lstm"]())) == "adamw"
