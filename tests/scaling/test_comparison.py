import dataclasses

import numpy as np
import pytest
from scipy.optimize import brentq
from simulated import TRUTH

from armillary.core.errors import FitError
from armillary.scaling.comparison import BEYOND, compare
from armillary.scaling.compute import FlopsPerToken, optimal_split


@pytest.fixture(scope="module")
def comparison(transformer, cnn):
    return compare([transformer, cnn])


def best(law, flops, compute):
    size, data = optimal_split(law, FlopsPerToken(slope=flops, offset=0.0), np.array([compute]), 1e5)
    return float(law(size, data)[0])


def test_the_crossover_is_where_the_true_laws_cross(comparison):
    early = type(TRUTH)(E=2.2, A=28.0, B=60.0, alpha=0.35, beta=0.38)
    truth = brentq(lambda c: best(TRUTH, 6.0, c) - best(early, 8.0, c), 1e10, 1e14)
    first = comparison.crossovers[0]
    assert (first.before, first.after) == ("cnn", "transformer")
    assert first.probability > 0.6
    assert first.train_flops.interval.low < truth < first.train_flops.interval.high


def test_probabilities_add_up_and_name_the_winner(comparison):
    for standing in comparison.standings:
        assert sum(standing.win_probability.values()) == pytest.approx(1)
        assert standing.win_probability[standing.winner] == max(standing.win_probability.values())
    assert comparison.standings[0].winner == "cnn"
    assert comparison.standings[-1].winner == "transformer"


def test_compute_runs_from_the_smallest_run_to_far_beyond_the_largest(comparison, transformer, cnn):
    compute = [standing.train_flops for standing in comparison.standings]
    largest = max(transformer.largest_compute, cnn.largest_compute)
    assert compute == sorted(compute)
    assert compute[0] == pytest.approx(min(fit.observations[0].train_flops for fit in (transformer, cnn)))
    assert compute[-1] == pytest.approx(BEYOND * largest)
    assert largest in compute


def test_uncertainty_grows_with_the_distance(comparison):
    widths = [
        np.log(s.losses["transformer"].interval.high / s.losses["transformer"].interval.low)
        for s in comparison.standings
    ]
    assert widths[-1] > 3 * min(widths)


def test_a_family_that_is_better_everywhere_is_not_overtaken(transformer, cnn):
    lower = np.array([0.5, 0.5, 0.5, 0, 0])
    [member] = transformer.members
    better = dataclasses.replace(
        member,
        law=type(TRUTH).from_theta(member.law.theta() - lower),
        draws=dataclasses.replace(member.draws, theta=member.draws.theta - lower),
    )
    ahead = dataclasses.replace(transformer, family="ahead", members=(better,))
    assert compare([transformer, ahead]).crossovers == ()
    assert compare([transformer, ahead]).win_probability == 1.0


def test_one_family_is_no_comparison(transformer):
    with pytest.raises(FitError, match="needs two families"):
        compare([transformer])
