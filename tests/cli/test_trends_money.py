"""armillary trends affordable and levers."""

import json

import pytest

from armillary.cli.main import main

PLAN = ["params=70B", "tokens=1.4T", "served=10T", "device=a100"]


@pytest.fixture
def armillary(capsys):
    def run(*words):
        status = main(["trends", *words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_ten_million_dollars_afford_more_each_year(armillary):
    status, out, _ = armillary("affordable", "usd=10M", "flop=1e25", "--json")
    facts = json.loads(out)
    assert status == 0
    assert facts["law"] == "hoffmann"
    flops = [year["train_flops"]["value"] for year in facts["years"]]
    assert flops == sorted(flops)
    for year in facts["years"]:
        assert 6 * year["n_params"]["value"] * year["n_tokens"]["value"] == pytest.approx(
            year["train_flops"]["value"], rel=0.05
        )
        assert year["train_flops"]["interval"]["low"] < year["train_flops"]["value"]
    assert facts["probability"] == sorted(facts["probability"])


def test_twice_the_money_buys_twice_the_compute(armillary):
    once, twice = (json.loads(armillary("affordable", f"usd={usd}", "--json")[1]) for usd in ("1e7", "2e7"))
    for a, b in zip(once["years"], twice["years"], strict=True):
        assert b["train_flops"]["value"] == pytest.approx(2 * a["train_flops"]["value"])


def test_levers_of_a_plan_with_their_sources(armillary):
    status, out, _ = armillary("levers", *PLAN, "to=h100")
    assert status == 0
    assert all(
        lever in out
        for lever in ("quantization", "sparsity", "distillation", "longer training", "cheaper hardware")
    )
    assert "arxiv.org/abs/2210.17323" in out
    facts = json.loads(armillary("levers", *PLAN, "--json")[1])
    saved = [lever["saved_usd"] for lever in facts["levers"]]
    assert saved == sorted(saved, reverse=True)
    assert facts["usd"] == pytest.approx(sum(facts["costs"].values()))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["affordable"], "affordable needs usd; write usd=VALUE"),
        (["affordable", "usd="], "'usd=' sets nothing; write usd=VALUE"),
        (["affordable", "usd=1e7", "law=hofmann"], "did you mean 'hoffmann'"),
        (["affordable", "us=1e7"], "did you mean 'usd'"),
        (["levers", *PLAN[:3], "device=p100"], "no price of NVIDIA P100"),
    ],
)
def test_what_is_wrong_is_one_line(armillary, words, said):
    status, _, err = armillary(*words)
    assert status == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
