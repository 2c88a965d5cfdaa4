import pytest
from documented import departures


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small model of the built-in digits, trained for a moment."""
    from armillary.cli.main import main

    path = tmp_path_factory.mktemp("runs") / "digits"
    fields = ["size=3e4", "budget=40 steps", "precision=32-true", "evaluations=0"]
    assert main(["train", "image-classification-cnn", *fields, "--out", str(path), "--quiet", "--json"]) == 0
    return path


def test_several_schemes_beside_their_parent(ask, ask_json, run, tmp_path):
    done = ask_json("quantize", run, "smallest=0", "--bits", "8,2", "--out", tmp_path / "out")
    assert departures("armillary quantize", done) == []
    eight, two = done["made"]
    assert (eight["scheme"], two["scheme"], done["discarded"]) == ("8bit", "2bit", [])
    assert two["file_bytes"] < eight["file_bytes"] < 0.5 * eight["parent_file_bytes"]
    judged = ask_json("evaluate", tmp_path / "out" / "2bit")["metrics"]
    assert judged["accuracy"] == pytest.approx(two["score"])
    assert ask_json("list", "runs", "--root", tmp_path)["runs"][0]["run"].endswith("2bit")


def test_a_table_and_the_path(ask, run):
    status, out, err = ask("quantize", run)
    assert status == 0, err
    head, parent, eight, *_, path = out.splitlines()
    assert head.split()[:4] == ["scheme", "file", "bits/weight", "loss"]
    assert (parent.split()[0], eight.split()[0]) == ("parent", "8bit")
    assert path == f"{run}-8bit"
    assert "8bit weights" in err
    status, _, err = ask("quantize", run, "--quiet")
    assert status == 2
    assert "digits-8bit exists already; delete it, or name another folder with --out" in err


def test_a_target_keeps_one_run(ask_json, run, tmp_path):
    done = ask_json("quantize", run, "smallest=0", "--target", "size<0.25x", "--out", tmp_path / "small")
    [kept] = done["made"]
    assert kept["file_bytes"] <= 0.25 * kept["parent_file_bytes"]
    assert [cost["scheme"] for cost in done["discarded"]][:1] == ["8bit"]
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bits", "5"], "no number of bits is called '5' (known: 2, 3, 4, 8, binary, ternary)"),
        (["--bits", "8", "--target", "bits<3"], "give --bits or --target"),
        (["--target", "sise<1MB"], "did you mean 'size'?"),
        (["bits=4"], "name the bits with --bits"),
        (["group_sze=4"], "did you mean 'group_size'?"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(ask, run, tmp_path, words, said):
    status, out, err = ask("quantize", run, *words, "--out", tmp_path / "out", "--quiet")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert not (tmp_path / "out").exists()


def test_a_run_goes_on_learning_with_rounded_weights(ask_json, run, tmp_path):
    fields = ["quantization.bits=ternary", "quantization.smallest=0", "budget=30 steps"]
    done = ask_json("train", "--from", run, *fields, "--out", tmp_path / "on")
    after = ask_json("quantize", run, "smallest=0", "--bits", "ternary", "--out", tmp_path / "after")
    assert done["loss"] < after["made"][0]["loss"]
