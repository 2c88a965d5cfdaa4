import pytest
from simulated_curves import curve


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rows = ["Seen,Error,Model,Training"]
    for name, n_points in (("small", 9), ("short", 3)):
        subject = curve(n_points=n_points)
        rows += [f"{x},{y},{name},1" for x, y in zip(subject.x, subject.y, strict=True)]
        rows += [f"{x},{y},{name},0" for x, y in zip(subject.held_out_x, subject.held_out_y, strict=True)]
    path = tmp_path_factory.mktemp("curves") / "curves.csv"
    path.write_text("\n".join([*rows, rows[1]]))
    return path


COLUMNS = ("--columns", "x=Seen", "--columns", "y=Error", "--columns", "curve=Model")


def test_a_table_of_curves_is_fitted_and_shown(ask, table):
    status, out, err = ask("fit", table, *COLUMNS, "--law", "m4")
    assert status == 0, err
    assert "small: 9 points up to x = 1e+04" in out
    assert "m4" in out
    assert "held out: 3 points predicted with an error of" in out
    assert "short: the curve has 3 points" in out
    assert "not used as it stands: 1 row: is the same as row 1" in out


def test_a_saved_curve_is_extrapolated(ask, ask_json, table, tmp_path):
    path = tmp_path / "fit.json"
    facts = ask_json("fit", table, *COLUMNS, "--law", "m4", "--out", path)
    [fitted] = facts["curves"]
    assert fitted["laws"][0]["weight"] == pytest.approx(1.0)
    assert list(facts["problems"]) == ["short"]
    assert len(facts["dropped"]) == 1
    said = ask_json("extrapolate", path, "--x", "20k")
    assert said["interval_90"]["low"] < said["value"] < said["interval_90"]["high"]
    status, out, _ = ask("extrapolate", path, "--x", "1e9", "--family", "small")
    assert status == 0
    assert "small at x = 1e+09 (1e+05 times the last)" in out
    assert "not supported: " in out


def test_requests_that_make_no_sense_for_curves_are_refused(ask, table, tmp_path):
    path = tmp_path / "fit.json"
    assert ask("fit", table, *COLUMNS, "--law", "m1", "--out", path)[0] == 0
    assert "say where to predict one with --x" in ask("extrapolate", path)[2]
    assert "--sensitivity is for laws over trained runs" in ask("fit", table, *COLUMNS, "--sensitivity")[2]
    assert "chinchilla is of n_params, n_tokens" in ask("fit", table, *COLUMNS, "--law", "chinchilla")[2]
    status, _, err = ask("fit", table, "--columns", "curve=Model")
    assert status == 2
    assert "no column (for x) is called 'x'" in err
