import numpy as np
import pytest
from simulated import TRUTH, grid, noisy

from armillary.fitting.blend import Blend, Mixture
from armillary.fitting.law import columns_of
from armillary.fitting.method import estimate, method_for
from armillary.scaling.laws import Chinchilla, DataConstrained, Kaplan, PowerLaw

N, D = grid(4, 3)
LOSSES = noisy(TRUTH, N, D, np.random.default_rng(0))
AT = {"n_params": np.array([1e6, 2e6]), "n_tokens": np.array([5e6, 1e7])}


@pytest.fixture(scope="module")
def fits():
    inputs = {"n_params": N, "n_tokens": D}
    return [
        estimate(law, inputs, LOSSES, method_for(law, len(N)), n_draws=100, n_starts=128)
        for law in (Chinchilla, Kaplan)
    ]


@pytest.fixture(scope="module")
def mixture(fits):
    return Mixture.of([draws for _, draws in fits], (0.7, 0.3), 100)


def test_a_blend_is_the_weighted_geometric_mean(fits):
    first, second = (found.law for found, _ in fits)
    blend = Blend((first, second), (0.25, 0.75))
    expected = first(1e6, 5e6) ** 0.25 * second(1e6, 5e6) ** 0.75
    assert blend(1e6, 5e6) == pytest.approx(expected)
    assert blend.name == "0.25 chinchilla + 0.75 kaplan"
    assert blend.inputs == ("n_params", "n_tokens")
    assert blend.to_dict()["kaplan.alpha"] == second.alpha
    assert "L1(N, D) = E + A" in blend.formula
    assert "2203.15556" in blend.citation
    assert "2001.08361" in blend.citation


def test_a_blend_takes_the_union_of_inputs_and_may_leave_out_what_has_a_default():
    repeated = DataConstrained(E=1.6, A=50.0, B=90.0, alpha=0.35, beta=0.38, R_N=5.0, R_D=15.0)
    blend = Blend((TRUTH, repeated, PowerLaw(E=1.6, A=60.0, alpha=0.15)), (0.4, 0.4, 0.2))
    assert blend.inputs == ("n_params", "n_tokens", "n_unique_tokens", "train_flops")
    assert Blend((TRUTH, repeated), (0.5, 0.5))(1e4, 1e8) == pytest.approx(TRUTH(1e4, 1e8))
    columns = columns_of(blend, {"n_params": 1e4, "n_tokens": 1e8, "train_flops": 6e12})
    assert columns[2] == columns[1]


def test_a_mixture_holds_the_draws_of_each_law_by_its_weight(fits, mixture):
    expected = mixture.expected(AT)
    assert expected.shape == (100, 2)
    np.testing.assert_allclose(expected[:70], fits[0][1].expected(AT)[:70])
    np.testing.assert_allclose(expected[70:], fits[1][1].expected(AT)[:30])
    np.testing.assert_allclose(mixture.noise[70:], fits[1][1].noise[:30])


def test_inputs_with_a_row_for_each_draw_go_to_their_own_law(mixture):
    rows = np.repeat(AT["n_params"][None], 100, axis=0) * np.linspace(1, 2, 100)[:, None]
    answer = mixture.laws()(rows, AT["n_tokens"])
    for i in (0, 69, 70, 99):
        alone = mixture.expected({"n_params": rows[i], "n_tokens": AT["n_tokens"]})[i]
        np.testing.assert_allclose(answer[i], alone)


def test_not_knowing_the_law_widens_the_interval_far_out(fits, mixture):
    far = {"n_params": 1e9, "n_tokens": 1e10}
    [mixed] = mixture.intervals(far)
    for _, draws in fits:
        [alone] = draws.intervals(far)
        assert np.log(mixed.high / mixed.low) > np.log(alone.high / alone.low)


def test_fewer_draws_keep_the_shares(mixture):
    fewer = mixture.take(10)
    assert [len(part.noise) for part in fewer.parts] == [7, 3]
    assert fewer.expected(AT).shape == (10, 2)


def test_parameters_are_named_by_their_law(mixture):
    names = set(mixture.parameter_intervals())
    assert {"chinchilla.E", "chinchilla.alpha", "kaplan.alpha", "kaplan.Nc"} <= names
    assert mixture.laws().to_dict()["chinchilla.E"].shape == (70, 1)
