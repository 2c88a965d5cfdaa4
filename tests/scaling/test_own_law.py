"""A law of the user's own, from another package, goes all the way."""

import json
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest
import typer
from simulated import observations
from typer.testing import CliRunner

from armillary.cli.extrapolate import extrapolate
from armillary.cli.fit import fit
from armillary.core import registry
from armillary.fitting.law import Law, Parameter, coefficient, positive, power
from armillary.scaling.family import fit_family
from armillary.scaling.laws import LAWS


@dataclass(frozen=True)
class TokensPerParameter(Law):
    """L(N, D) = E + A N^-alpha (1 + c N / D): data counts by its ratio to size."""

    name: ClassVar[str] = "tokens-per-parameter"
    inputs: ClassVar[tuple[str, ...]] = ("n_params", "n_tokens")
    formula: ClassVar[str] = "L(N, D) = E + A N^-alpha (1 + c N / D)"
    citation: ClassVar[str] = "made up"

    E: Parameter = coefficient(share=0.5, spread=0.7)
    A: Parameter = coefficient()
    alpha: Parameter = positive(0.05, 1.2, typical=0.35, spread=0.4)
    c: Parameter = positive(0.01, 100.0, typical=1.0, spread=2.0)

    def __call__(self, n_params, n_tokens):
        return self.E + self.A * power(n_params, -self.alpha) * (1 + self.c * n_params / n_tokens)

    def in_units(self, n_params, n_tokens):
        return replace(self, A=self.A * power(n_params, -self.alpha), c=self.c * n_params / n_tokens)


TRUTH = TokensPerParameter(E=1.6, A=50.0, alpha=0.35, c=2.0)


@pytest.fixture
def installed(monkeypatch):
    """Pretend that a package with this law is installed."""
    point = EntryPoint(
        name="tokens-per-parameter", value=f"{__name__}:TokensPerParameter", group="armillary.laws"
    )
    monkeypatch.setattr(EntryPoint, "load", lambda _: TokensPerParameter)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    monkeypatch.setattr(LAWS, "_entries", dict(LAWS._entries))
    monkeypatch.setattr(LAWS, "_extended", False)


@pytest.mark.usefixtures("installed")
def test_it_is_fitted_back_tested_and_extrapolated_by_name(tmp_path):
    app = typer.Typer()
    app.command("fit")(fit)
    app.command("extrapolate")(extrapolate)
    lines = ["n_params,n_tokens,loss"]
    lines += [f"{r.n_params},{r.n_tokens},{r.loss}" for r in observations(TRUTH, n_sizes=5)]
    table, saved = tmp_path / "runs.csv", tmp_path / "fit.json"
    table.write_text("\n".join(lines))
    told = ["fit", table, "--law", "tokens-per-parameter", "--draws", 100, "--out", saved, "--json"]
    [family] = json.loads(CliRunner().invoke(app, [str(word) for word in told]).stdout)["families"]
    assert family["law"] == "tokens-per-parameter"
    assert family["back_test"]["passed"]
    assert family["parameters"]["alpha"]["value"] == pytest.approx(0.35, abs=0.1)
    asked = ["extrapolate", str(saved), "--params", "600k", "--tokens", "4M", "--json"]
    prediction = json.loads(CliRunner().invoke(app, asked).stdout)
    assert prediction["loss"] == pytest.approx(TRUTH(6e5, 4e6), rel=0.02)
    assert prediction["supported"]


@pytest.mark.usefixtures("installed")
def test_without_a_gradient_of_its_own_it_has_a_best_split_all_the_same():
    found = fit_family(observations(TRUTH, n_sizes=5), law="tokens-per-parameter", n_draws=100)
    assert found.knows_size
    assert found.law.gradient.__func__ is Law.gradient
