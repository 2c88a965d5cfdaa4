"""What every registered law promises."""

import dataclasses

import numpy as np
import pytest

from armillary.fitting.fit import fit
from armillary.fitting.law import Law, log_loss_and_jacobian
from armillary.fitting.objective import LeastSquares
from armillary.scaling.laws import LAWS, Chinchilla, DataConstrained, KaplanData, KaplanSize, PowerLaw

MEMBERS = {
    "chinchilla": Chinchilla(E=1.7, A=400.0, B=2000.0, alpha=0.34, beta=0.37),
    "kaplan": LAWS["kaplan"](Nc=8.8e13, Dc=5.4e13, alpha=0.076, beta=0.095),  # Kaplan et al.'s own
    "kaplan-size": LAWS["kaplan-size"](A=8.8e13**0.076, alpha=0.076),
    "kaplan-data": LAWS["kaplan-data"](A=5.4e13**0.095, alpha=0.095),
    "data-constrained": DataConstrained(
        E=1.87, A=521.0, B=1488.0, alpha=0.353, beta=0.36, R_N=5.31, R_D=15.39
    ),
    "power-law": LAWS["power-law"](E=1.7, A=60.0, alpha=0.15),
    "power-law-size": LAWS["power-law-size"](E=1.7, A=60.0, alpha=0.3),
    "power-law-data": LAWS["power-law-data"](E=1.7, A=60.0, alpha=0.3),
    "m1": LAWS["m1"](b=3.0, c=0.2),
    "m2": LAWS["m2"](e=0.3, b=5.0, c=0.4),
    "m3": LAWS["m3"](e=0.3, b=5.0, g=1e-3, c=0.6),
    "m4": LAWS["m4"](e=0.2, gap=0.7, d=30.0, c=0.7, a=0.6),
    "broken-1": LAWS["broken-1"](a=0.2, b=0.9, c0=0.05, c1=0.5, d1=40.0, f1=0.4),
    "broken-2": LAWS["broken-2"](a=0.2, b=0.9, c0=0.02, c1=0.6, d1=20.0, f1=0.3, c2=-0.3, d2=800.0, f2=0.5),
    "broken-3": LAWS["broken-3"](
        a=0.2, b=0.9, c0=0.02, c1=0.6, d1=8.0, f1=0.2, c2=-0.5, d2=120.0, f2=0.2, c3=0.5, d3=1500.0, f3=0.2
    ),
    "loss-to-accuracy": LAWS["loss-to-accuracy"](chance=0.25, gain=0.6, k=5.0, L0=1.4),
}
# Breaks come in any order, and three are told apart only by more starts: their curve is asked for.
ALIKE = {"broken-2", "broken-3"}
RANGES = {
    "n_params": (1e6, 1e9),
    "n_tokens": (1e8, 1e10),
    "train_flops": (1e15, 1e20),
    "n_unique_tokens": (1e7, 1e10),
    "x": (1.0, 1e4),
    "loss": (0.5, 3.0),
}


def points(law):
    rng = np.random.default_rng(0)
    return tuple(np.exp(rng.uniform(*np.log(RANGES[name]), 60)) for name in law.inputs)


@pytest.fixture(params=sorted(LAWS))
def law(request):
    return MEMBERS[request.param]


def test_it_is_registered_under_its_name_with_formula_and_source(law):
    assert LAWS[law.name] is type(law)
    assert law.formula.startswith(("L(", "Acc("))
    assert "arXiv" in law.citation


def test_its_gradient_is_the_derivative(law):
    inputs = points(law)
    for ours, exact in zip(law.gradient(*inputs), Law.gradient(law, *inputs), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-11, atol=1e-12 * np.abs(exact).max())


def test_its_jacobian_is_the_derivative_of_the_log_loss_by_transformed_parameters(law):
    inputs, theta, step = points(law), law.theta(), 1e-6
    _, jacobian = log_loss_and_jacobian(type(law), theta[None], inputs)
    for i in range(len(theta)):
        moved = [theta.copy(), theta.copy()]
        moved[0][i] -= step
        moved[1][i] += step
        low, high = (np.log(law.from_theta(t)(*inputs)) for t in moved)
        np.testing.assert_allclose(jacobian[0, i], (high - low) / (2 * step), rtol=1e-5, atol=1e-9)


def test_it_is_the_same_curve_in_other_units(law):
    inputs = points(law)
    units = law.units(*inputs)
    scaled = tuple(x / unit for x, unit in zip(inputs, units, strict=True))
    np.testing.assert_allclose(law.in_units(*units)(*scaled), law(*inputs), rtol=1e-12)


def test_many_parameter_sets_are_evaluated_at_once(law):
    inputs = points(law)
    theta = np.stack([law.theta(), law.theta() + 0.1])
    batch = law.from_theta(theta)
    np.testing.assert_allclose(batch.theta(), theta)
    np.testing.assert_allclose(batch(*inputs)[0], law(*inputs))
    np.testing.assert_allclose(batch(*inputs)[1], law.from_theta(theta[1])(*inputs))


def test_it_is_recovered_from_its_own_losses(law):
    inputs = dict(zip(law.inputs, points(law), strict=True))
    found = fit(type(law), inputs, law(*inputs.values()), LeastSquares())
    np.testing.assert_allclose(found.predict(inputs), law(*inputs.values()), rtol=1e-3)
    if law.name not in ALIKE:
        assert dataclasses.asdict(found.law) == pytest.approx(dataclasses.asdict(law), rel=1e-4)


def test_hoffmann_s_parameters_give_the_published_losses():
    hoffmann = Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
    assert hoffmann(280e9, 300e9) == pytest.approx(1.993, abs=1e-3)  # Gopher
    assert hoffmann(70e9, 1.4e12) == pytest.approx(1.936, abs=1e-3)  # Chinchilla


def test_a_law_without_a_gradient_of_its_own_is_fitted_all_the_same():
    class Plain(PowerLaw):
        gradient = Law.gradient

    truth = MEMBERS["power-law"]
    (compute,) = points(truth)
    found = fit(Plain, {"train_flops": compute}, truth(compute))
    assert found.law.alpha == pytest.approx(truth.alpha, rel=1e-4)


def test_kaplan_s_constants_are_those_of_the_paper():
    assert KaplanSize(A=8.8e13**0.076, alpha=0.076).scale == pytest.approx(8.8e13)
    assert KaplanData(A=5.4e13**0.095, alpha=0.095)(5.4e13) == pytest.approx(1.0)
    whole, size = MEMBERS["kaplan"], MEMBERS["kaplan-size"]
    assert whole(1e9, 1e30) == pytest.approx(size(1e9))  # eq. 1.5 with all the data is eq. 1.1
