import json

import pytest
import typer
from simulated import observations
from typer.testing import CliRunner

from armillary.cli.extrapolate import extrapolate
from armillary.cli.fit import fit
from armillary.core.errors import FitError, RequestError, UnknownNameError

app = typer.Typer()
app.command("fit")(fit)
app.command("extrapolate")(extrapolate)


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    rows = [f"{r.n_params},{r.n_tokens},{r.loss},transformer" for r in observations(n_budgets=2)]
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    path.write_text("\n".join(["Size,n_tokens,loss,family", *rows, rows[0], "x,1e6,3,transformer"]))
    return path


@pytest.fixture(scope="module")
def saved(csv):
    path = csv.parent / "fit.json"
    run("fit", csv, "--columns", "n_params=Size", "--draws", 100, "--out", path)
    return path


def test_a_table_is_fitted_and_shown(csv):
    shown = run("fit", csv, "--columns", "n_params=Size", "--draws", 100)
    assert "transformer: chinchilla   (8 runs)" in shown
    assert "L(N, D) = E + A N^-alpha + B D^-beta   (least squares" in shown
    assert "back-test: chinchilla predicted" in shown
    assert "not used: 1 row (row 9): is the same as row 1" in shown
    assert "train_flops from train_flops = 6 n_params n_tokens" in shown


def test_json_is_one_object_with_what_was_dropped(csv):
    facts = json.loads(
        run("fit", csv, "--columns", "n_params=Size", "--law", "power-law", "--draws", 100, "--json")
    )
    [family] = facts["families"]
    assert family["law"] == "power-law"
    assert family["parameters"]["alpha"]["interval"]["low"] < family["parameters"]["alpha"]["value"]
    assert [row["row"] for row in facts["dropped"]] == ["row 9", "row 10"]


def test_a_saved_fit_is_asked(saved):
    shown = run("extrapolate", saved, "--params", "750k", "--tokens", "4M")
    assert "750k parameters on 4M tokens, 1.8e13 FLOP (5 times the largest that was fitted)" in shown
    assert "90% interval" in shown
    assert "no conformal interval: for 90% the back-test has to hold out 9 different runs" in shown
    prediction = json.loads(run("extrapolate", saved, "--flops", "1e13", "--json"))
    assert prediction["supported"]
    assert prediction["interval_90"]["low"] < prediction["loss"] < prediction["interval_90"]["high"]


def test_a_prediction_that_is_not_supported_says_so(saved):
    assert "not supported: " in run("extrapolate", saved, "--flops", "1e20")


def test_other_choices_are_shown_when_asked(csv):
    told = ["fit", csv, "--columns", "n_params=Size", "--draws", 100, "--law", "chinchilla", "--sensitivity"]
    shown = run(*told)
    assert "sensitivity of chinchilla: the loss of" in shown
    assert "the 2 most influential" in shown
    [family] = json.loads(run(*told, "--json"))["families"]
    assert len(family["sensitivity"]["single"]) == 5
    assert family["laws"][0]["weight"] == 1.0


def test_highest_losses_are_left_out_and_counted(csv):
    facts = json.loads(
        run(
            "fit",
            csv,
            "--columns",
            "n_params=Size",
            "--draws",
            100,
            "--drop-highest",
            1,
            "--level",
            0.5,
            "--json",
        )
    )
    assert facts["families"][0]["n_observations"] == 7
    assert facts["dropped"][-1]["reason"] == "is one of the 1 highest losses, left out as asked"
    parameters = facts["families"][0]["parameters"].values()
    assert all(parameter["interval"]["level"] == 0.5 for parameter in parameters)


def test_an_unknown_kind_of_interval_is_named(csv):
    with pytest.raises(UnknownNameError, match="called 'profil'; did you mean 'profile'"):
        run("fit", csv, "--columns", "n_params=Size", "--intervals", "profil")


def test_requests_that_cannot_be_met_are_errors(csv, saved, tmp_path):
    with pytest.raises(RequestError, match="n_params alone"):
        run("extrapolate", saved, "--params", "1M")
    few = tmp_path / "few.csv"
    few.write_text("n_params,n_tokens,loss\n1e6,1e6,3\n2e6,2e6,2.8\n")
    with pytest.raises(FitError, match=r"few.csv: the law power-law has 3 parameters and there are 2"):
        run("fit", few)
    few.write_text(few.read_text() + "1e6,1e6,3\n1e6,2e6,nan\n")
    with pytest.raises(FitError, match=r"not used: 2 rows, the first: row 3 is the same as row 1$"):
        run("fit", few)
