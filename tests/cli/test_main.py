import subprocess
import sys

import pytest

import armillary
from armillary.cli.main import VERBS


def test_the_version_and_the_help(ask):
    assert ask("--version")[:2] == (0, f"armillary {armillary.__version__}\n")
    status, out, _ = ask("--help")
    assert status == 0
    assert all(verb in out for verb in VERBS)


def test_no_arguments_print_the_help(ask):
    assert ask() == ask("--help")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "Did you mean 'list'"),
        (["train", "--bad"], "No such option: --bad (see armillary train --help)"),
        (["train"], "name a recipe or a task"),
        (["train", "image-clasification"], "did you mean 'image-classification'?"),
        (["train", "classic-cnn", "optim.lrr=1"], "did you mean 'lr'?"),
        (["train", "classic-cnn", "budget=soon"], "budget 'soon'"),
        (["train", "classic-cnn", "data=/does/not/exist"], "/does/not/exist"),
        (["train", "classic-cnn", "--resume", "somewhere"], "give no recipe"),
        (["evaluate", "nothing"], "no run is called 'nothing'"),
        (["predict", "nothing"], "give at least one input"),
        (["report", "nowhere"], "nowhere"),
        (["list", "mdels"], "did you mean 'models'?"),
        (["ladder"], "name a recipe or a task"),
        (["ladder", "text-generation", "--sizes", "big"], "'big' is not a count"),
        (["ladder", "--resume", "nowhere"], "nowhere is not a ladder"),
        (["fit", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_status_two(ask, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = ask(*arguments)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize("what", ["models", "tasks", "sources", "laws", "recipes", "hardware"])
def test_every_list_has_rows_and_says_the_same_as_json(ask, ask_json, what):
    rows = ask_json("list", what)[what]
    status, out, _ = ask("list", what)
    assert status == 0
    assert len(out.splitlines()) == 1 + len(rows)
    assert all(next(iter(row.values())) in out for row in rows)


def test_hardware_of_one_s_own_is_listed_with_the_catalogue(ask_json, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("name,memory_gb,bandwidth_gb_s,bf16_tflops\nAcme 1,64,2000,400\n", encoding="utf-8")
    names = [row["name"] for row in ask_json("list", "hardware", "--hardware", own)["hardware"]]
    assert {"Acme 1", "NVIDIA A100 SXM4 80GB"} <= set(names)


def test_the_numeric_verbs_load_no_torch():
    code = (
        "import sys; from armillary.cli.main import main\n"
        "main(['list', 'laws']); main(['fit', 'absent.csv'])\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
