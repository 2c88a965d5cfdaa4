import json
import shlex

from armillary.recipes import experiment
from armillary.reports.commands import ladder_command, plan_command, train_command

CONFIG = {
    "task": {"kind": "text-generation", "source": {"kind": "text-files", "path": "my files"}, "length": 128},
    "model": {"kind": "lstm", "signature": {"inputs": "tokens"}, "d_model": 64},
    "optim": {"lr": 0.0012345678901234, "beta1": 0.9, "clip": 1.0},
    "budget": "500 steps",
    "batch_size": None,
    "compile": False,
    "seed": 3,
}


def words(command):
    return shlex.split(command.replace("\\\n", ""))


def test_a_run_is_made_again_by_its_own_fields():
    assert words(train_command(CONFIG)) == [
        "armillary",
        "train",
        "text-generation",
        "task.source.kind=text-files",
        "task.source.path=my files",
        "task.length=128",
        "model.kind=lstm",
        "model.d_model=64",
        "optim.lr=0.0012345678901234",
        "optim.beta1=0.9",
        "optim.clip=1",
        "budget=500 steps",
        "compile=False",
        "seed=3",
    ]


def test_long_commands_are_broken_where_a_shell_goes_on():
    lines = train_command(CONFIG).splitlines()
    assert len(lines) > 1
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert all(len(line) <= 110 for line in lines)


def test_a_ladder_is_made_again(ladder_folder):
    config = json.loads((ladder_folder / "ladder.json").read_text())["config"]
    command = words(ladder_command(config))
    assert command[:5] == ["armillary", "ladder", "text-generation", "task.source.kind=stdlib", "seed=0"]
    options = dict(zip(command[5::2], command[6::2], strict=True))
    assert options == {
        "--families": "lstm,transformer",
        "--sizes": "10000,30000,100000,300000",
        "--tokens": "500000,2000000",
        "--held-out": "1000000:6000000",
        "--held-out-families": "1",
    }
    without = ladder_command(config | {"held_out": None, "tune": True})
    assert words(without)[-3:] == ["--held-out-families", "0", "--tune"]


def test_the_command_of_a_run_means_its_very_configuration():
    config = experiment("classic-cnn", ["budget=10 steps", "optim.lr=0.0012345678901234", "seed=7"])
    _, verb, subject, *assignments = words(train_command(config.to_dict()))
    assert verb == "train"
    assert experiment(subject, assignments) == config


def test_a_plan_is_made_again_from_a_law_or_a_fit(make_plan_of, full_plan):
    assert plan_command(make_plan_of("hoffmann", 5.76e23)) == "armillary plan hoffmann --flops 5.76e+23"
    command = shlex.split(plan_command(full_plan).replace("\\\n", ""))
    assert command[:5] == ["armillary", "plan", "fit.json", "--flops", "1e+22"]
    assert command[5:] == [
        *("--on", full_plan.spending.device, "--devices", "64"),
        *("--inference-tokens", "1e+13", "--data", "1e+10", "--next-run", "1e+14"),
    ]
