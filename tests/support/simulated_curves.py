"""Curves whose truth is known."""

from __future__ import annotations

import numpy as np

from armillary.scaling.curves.curve import Curve
from armillary.scaling.laws import Broken1

TRUTH = Broken1(a=0.15, b=0.85, c0=0.02, c1=0.5, d1=30.0, f1=0.5)  # a plateau, then a power law


def curve(law=TRUTH, n_points=24, last=1e4, sd=0.003, seed=0, name="", rising=False):
    """Return a curve of ``law`` with noise, and its continuation to twice the last x, without, held out."""
    rng = np.random.default_rng(seed)
    x, beyond = np.geomspace(1.0, last, n_points), last * np.array([1.2, 1.5, 2.0])
    power = -1 if rising else 1
    return Curve(
        name=name,
        x=x,
        y=(law(x) * np.exp(sd * rng.standard_normal(n_points))) ** power,
        held_out_x=beyond,
        held_out_y=law(beyond) ** power,
    )
