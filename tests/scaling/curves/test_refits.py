import numpy as np
import pytest
from simulated_curves import TRUTH, curve

from armillary.scaling.curves.refits import fit_weightings, recency
from armillary.scaling.laws import LAWS, Broken1


def refits(law, subject, known, noise=1e-3):
    return fit_weightings(law, subject.x, subject.heights, np.array(known), noise)


def everything(subject):
    return np.ones(len(subject), dtype=bool)


def test_the_truth_is_found_without_noise():
    subject = curve(n_points=40, last=1e5, sd=0.0)
    found = refits(Broken1, subject, [everything(subject)])
    beyond = np.array([2e5, 1e6])
    np.testing.assert_allclose(found.law(0)(beyond), TRUTH(beyond), rtol=2e-3)
    np.testing.assert_allclose(found.heights(beyond)[0], np.log(found.law(0)(beyond)))


def test_what_a_row_does_not_show_has_no_part_in_it():
    subject = curve(n_points=30)
    known = everything(subject)
    known[20:] = False
    spoilt = curve(n_points=30)
    spoilt.y[20:] *= 3.0
    for name in ("m2", "broken-1"):
        alone = refits(LAWS[name], subject, [known]).heights(subject.x[:20])
        together = refits(LAWS[name], spoilt, [known, everything(spoilt)]).heights(subject.x[:20])[:1]
        np.testing.assert_allclose(alone, together, atol=5e-3)


def test_laws_of_few_parameters_look_at_the_end():
    assert [recency(LAWS[name]) for name in ("m1", "m2", "m4", "broken-1")] == [2.0, 1.0, 1.0, 0.0]


def test_redrawn_laws_scatter_about_the_fit_by_about_the_noise():
    subject = curve(n_points=40, sd=0.02)
    found = refits(LAWS["m4"], subject, [everything(subject)], noise=0.02)
    draws = found.redrawn(0, 60, np.random.default_rng(0))
    end = subject.x[-10:]  # where the law looks
    scatter = np.log(draws(end)) - found.heights(end)[0]
    assert 0.004 < scatter.std() < 0.04
    assert abs(np.median(scatter)) < 0.01


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_of_x_does_not_matter(scale):
    subject = curve(n_points=20)
    usual = refits(LAWS["m2"], subject, [everything(subject)]).heights(subject.x)
    other = fit_weightings(
        LAWS["m2"], subject.x * scale, subject.heights, np.array([everything(subject)]), 1e-3
    ).heights(subject.x * scale)
    np.testing.assert_allclose(usual, other, atol=1e-6)
