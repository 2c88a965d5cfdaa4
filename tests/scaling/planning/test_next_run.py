from dataclasses import replace

import numpy as np
import pytest
from simulated import TRUTH, observations

from armillary.core.errors import RequestError
from armillary.core.hardware import accelerator
from armillary.fitting.uncertainty import Bootstrap
from armillary.scaling.family import fit_family
from armillary.scaling.planning.next_run import (
    SIZES,
    advise_run,
    best_size_decision,
    leading_pair,
    variance_removed,
    winner_decision,
)
from armillary.scaling.planning.spending import Devices
from armillary.scaling.planning.surface import LossSurface

TARGET = 1e16


def refitted_spread(rows):
    found = LossSurface.of_fit(fit_family(rows, "chinchilla", n_draws=200))
    return float(np.sqrt(best_size_decision(found, TARGET).variance))


def measured(rows, n_params, train_flops, rng):
    """Return ``rows`` and one more run of that size and compute, with their noise."""
    n_tokens = train_flops / 6 / n_params
    loss = float(TRUTH(n_params, n_tokens) * np.exp(0.002 * rng.standard_normal()))
    new = replace(
        rows[0], n_params=n_params, n_tokens=n_tokens, train_flops=train_flops, loss=loss, name="new"
    )
    return (*rows, new)


@pytest.mark.parametrize("n_ladders", [2, pytest.param(24, marks=pytest.mark.slow)])
def test_the_advised_run_narrows_more_than_a_random_one_of_equal_cost(n_ladders):
    rng, gained, random, foretold = np.random.default_rng(0), [], [], []
    for seed in range(n_ladders):
        rows = observations(seed=seed, n_sizes=5, n_budgets=4)
        found = LossSurface.of_fit(fit_family(rows, "chinchilla", n_draws=200))
        decision = best_size_decision(found, TARGET)
        before, cost = np.sqrt(decision.variance), found.fit.largest_compute
        best = advise_run(decision, TARGET, cost).best
        middle = float(found.split(found.law, cost)[0].item())
        foretold.append(np.log(1 - best.variance_removed) / 2)
        gained.append(np.log(refitted_spread(measured(rows, best.n_params, best.train_flops, rng)) / before))
        random.append(np.log(refitted_spread(measured(rows, middle * rng.choice(SIZES), cost, rng)) / before))
    assert np.mean(gained) < np.mean(random) - 0.2
    assert np.mean(gained) == pytest.approx(np.mean(foretold), abs=0.15)


def test_no_run_is_advised_where_the_law_was_never_seen(surface):
    decision = best_size_decision(surface, TARGET)
    ratios = [row.n_tokens / row.n_params for row in surface.fit.observations]
    best = [float((d / n).item()) for n, d in [surface.split(surface.law, 1e13)]]
    for each in advise_run(decision, TARGET, 1e13).candidates:
        assert min(ratios + best) / 2.1 <= each.n_tokens / each.n_params <= max(ratios + best) * 2.1


def test_the_best_of_the_candidates_is_advised_within_the_cost(surface):
    decision = best_size_decision(surface, TARGET)
    advice = advise_run(decision, TARGET, 1e13)
    assert advice.best == advice.candidates[0]
    assert all(run.train_flops <= 1e13 * (1 + 1e-9) for run in advice.candidates)
    assert all(0 <= run.variance_removed < 1 for run in advice.candidates)
    assert advice.per_cost.variance_removed_per_flop >= advice.best.variance_removed_per_flop
    assert advice.spread == pytest.approx(np.sqrt(decision.variance))


def test_variance_removed_is_exact_where_draws_are_normal(surface):
    """With ln L linear in a normal number that decides, the posterior is known in closed form."""
    z = np.random.default_rng(0).standard_normal(4000)
    theta = np.repeat(TRUTH.theta()[None], len(z), axis=0)
    theta[:, :3] += 0.01 * z[:, None]  # E, A, B together: ln L moves by as much everywhere
    draws = Bootstrap(law=type(TRUTH), kind="pair", theta=theta, noise=np.full(len(z), 0.01))
    moved = replace(surface, draws=draws.laws(), noise=0.01)
    decision = replace(best_size_decision(surface, TARGET), surfaces=(moved,), answers=(z,))
    expected = 1e-4 * z.var() / (1e-4 * z.var() + 1e-4)
    assert variance_removed(decision, 0, 1e6, 1e7) == pytest.approx(expected, rel=1e-6)


def test_a_run_makes_the_wrong_family_less_probable(transformer, cnn):
    surfaces = [LossSurface.of_fit(fit) for fit in (cnn, transformer)]
    ahead, behind = leading_pair(surfaces, 3e12)
    decision = winner_decision(ahead, behind, 3e12)
    advice = advise_run(decision, 3e12, 1e13)
    assert ahead.facts.family == "transformer"
    assert 0 < advice.best.error_probability < advice.error_probability < 0.5
    assert advice.best.family in ("cnn", "transformer")


def test_the_probability_of_an_error_before_a_run_is_that_of_the_draws(transformer, cnn):
    decision = winner_decision(LossSurface.of_fit(transformer), LossSurface.of_fit(cnn), 3e12)
    gap = decision.answers[0] + decision.answers[1]
    share = min((gap > 0).mean(), (gap < 0).mean())
    assert decision.error_probability == pytest.approx(share, abs=0.06)
    assert decision.error_after(0.999999) < 0.01


def test_a_device_prices_what_is_advised(surface):
    devices = Devices(accelerator=accelerator("A100"))
    advice = advise_run(best_size_decision(surface, TARGET), TARGET, 1e19, devices)
    assert advice.best.usd > 0


def test_a_published_law_cannot_be_narrowed(published):
    with pytest.raises(RequestError, match="has no draws, so no run can be said to narrow it"):
        best_size_decision(published(), TARGET)
