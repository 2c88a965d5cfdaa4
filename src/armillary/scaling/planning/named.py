"""Published laws by name: parameters as their papers give them, with the place they stand in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from armillary.core.errors import UnknownNameError
from armillary.scaling.laws import Chinchilla

_HOFFMANN = "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556"


@dataclass(frozen=True, kw_only=True)
class NamedLaw:
    """A law whose parameters somebody published, without the draws that intervals are made of."""

    name: str
    law: Chinchilla
    source: str  # paper, and where in it the parameters stand
    remark: str  # what a reader must know before relying on it
    standard_errors: Mapping[str, float] = field(default_factory=dict)  # as published; empty: none were


NAMED_LAWS: Mapping[str, NamedLaw] = {
    named.name: named
    for named in (
        NamedLaw(
            name="hoffmann",
            # exp() of the logarithms that were fitted, which the paper's LaTeX source holds in full
            law=Chinchilla(
                E=math.exp(0.5267228),
                A=math.exp(6.0073404),
                B=math.exp(6.0179186),
                alpha=0.33917084,
                beta=0.2849083,
            ),
            source=f"{_HOFFMANN}, approach 3; unrounded as Besiroglu et al. 2024, arXiv:2404.10102, found "
            "them in the paper's LaTeX source",
            remark="Besiroglu et al. 2024 could not reproduce this fit from the runs it was made from: it "
            "understates how the loss falls with data, so it asks for small models and many tokens.",
        ),
        NamedLaw(
            name="hoffmann-rounded",
            law=Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28),
            source=f"{_HOFFMANN}, equation 10, as printed",
            remark="Exponents rounded to two digits make the best size at 5.76e23 FLOP a fifth smaller; "
            "'hoffmann' has all digits.",
        ),
        NamedLaw(
            name="besiroglu",
            law=Chinchilla(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658),
            source="Besiroglu, Erdil, Barnett, You 2024, Chinchilla Scaling: A Replication Attempt, "
            "arXiv:2404.10102, table 1 (240 runs read off a figure of Hoffmann et al.)",
            standard_errors={"E": 0.03, "A": 124.58, "B": 1293.23, "alpha": 0.02, "beta": 0.02},
            remark="Standard errors are published for each parameter without their correlations, which "
            "are strong (A with alpha, B with beta), so they give no interval of the best size.",
        ),
        NamedLaw(
            name="muennighoff",
            law=Chinchilla(
                E=math.exp(0.6254804),
                A=math.exp(6.255414),
                B=math.exp(7.3049974),
                alpha=0.3526596,
                beta=0.3526596,
            ),
            source="Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264, "
            "appendix A (54 single-epoch runs on C4; alpha and beta were tied)",
            remark="Losses are on C4, whose tokens are not those of MassiveText.",
        ),
    )
}


def named_law(name: str) -> NamedLaw:
    """Return the published law called ``name``; UnknownNameError lists what there is."""
    if name not in NAMED_LAWS:
        raise UnknownNameError("published law", name, NAMED_LAWS)
    return NAMED_LAWS[name]
