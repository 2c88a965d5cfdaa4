from dataclasses import replace

import pytest

from armillary.scaling.laws import Chinchilla
from armillary.scaling.planning.named import NAMED_LAWS
from armillary.scaling.planning.surface import LossSurface


@pytest.fixture(scope="session")
def surface(transformer):
    """A law fitted to eight small runs, with 200 draws."""
    return LossSurface.of_fit(transformer)


@pytest.fixture(scope="session")
def published():
    """Return a function that makes a surface, without draws, of Chinchilla's parameters."""

    def make(E=1.69, A=406.4, B=410.7, alpha=0.336, beta=0.283, name="published"):
        law = Chinchilla(E=E, A=A, B=B, alpha=alpha, beta=beta)
        return LossSurface.of_named(replace(NAMED_LAWS["hoffmann"], name=name, law=law))

    return make


def closed_form(law, train_flops):
    """Return N of Hoffmann et al. 2022, equation 4."""
    gain = (law.alpha * law.A / (law.beta * law.B)) ** (1 / (law.alpha + law.beta))
    return gain * (train_flops / 6) ** (law.beta / (law.alpha + law.beta))
