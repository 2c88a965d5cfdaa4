import numpy as np
import pytest

from armillary.scaling.laws import LossToAccuracy


def test_accuracy_rises_from_chance_as_the_loss_falls():
    law = LossToAccuracy(chance=0.25, gain=0.65, k=6.0, L0=1.2)
    assert law(1.2) == pytest.approx(0.25 + 0.65 / 2)
    assert law(100.0) == pytest.approx(0.25)
    assert law(0.0) == pytest.approx(0.25 + 0.65 / (1 + np.exp(-7.2)))
    assert np.all(np.diff(law(np.linspace(0.0, 5.0, 50))) < 0)
