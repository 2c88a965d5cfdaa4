import pytest
from simulated import observations

from armillary.scaling.family import fit_family
from armillary.scaling.fit_file import save_fits
from armillary.scaling.planning.plan import load_plan


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "fit.json"
    save_fits([fit_family(observations(n_budgets=2), "chinchilla", n_draws=200)], path)
    return path


def test_hoffmann_s_law_is_asked_at_gopher_s_compute(ask, ask_json):
    status, shown, _ = ask("plan", "hoffmann", "--flops", "5.76e23")
    assert status == 0
    assert "40.4B" in shown
    assert "2.38T" in shown
    facts = ask_json("plan", "hoffmann", "--flops", "5.76e23")
    assert facts["n_params"]["value"] == pytest.approx(40.4e9, rel=2e-3)
    assert facts["n_params"]["interval"] is None


def test_a_fit_is_planned_with_all_that_can_be_asked(ask, saved, tmp_path):
    out = tmp_path / "plan.json"
    status, shown, _ = ask(
        *("plan", saved, "--flops", "1e15", "--on", "A100", "--devices", 1, "--inference-tokens", "1e9"),
        *("--data", "2M", "--against", "kaplan", "--next-run", "1e13", "--level", "0.95", "--out", out),
    )
    assert status == 0
    for part in (
        "95% interval",
        "days on 1 x NVIDIA A100",
        "with 2M unique tokens",
        "models of the same loss",
        "cheapest over its life",
        "if another law is true",
        "least expected regret",
        "narrows most",
    ):
        assert part in shown, part
    assert load_plan(out).n_params.interval.level == 0.95


def test_json_has_the_plan_s_fields(ask_json, saved):
    facts = ask_json("plan", saved, "--loss", "2.2", "--on", "A100", "--devices", 1)
    assert facts["budget"] == {"kind": "loss", "amount": 2.2}
    money = facts["spending"]["usd"]
    assert money["interval"]["low"] < money["value"] < money["interval"]["high"]


def test_money_and_days_are_budgets(ask, ask_json):
    status, shown, _ = ask("plan", "besiroglu", "--usd", "1000", "--on", "H100")
    assert status == 0
    assert "money" in shown
    facts = ask_json("plan", "besiroglu", "--days", 30, "--devices", 2, "--on", "A100")
    assert facts["spending"]["days"]["value"] == pytest.approx(30, rel=0.1)


def test_a_model_is_planned_without_a_law(ask, ask_json):
    words = ("plan", "--params", "175B", "--tokens", "300B", "--on", "A100", "--devices", 1024)
    status, shown, _ = ask(*words)
    assert status == 0
    assert "1,024 x NVIDIA A100" in shown
    assert "a device" in shown
    facts = ask_json(*words)
    assert facts["flops_6nd"]["value"] == pytest.approx(3.15e23, rel=0.02)
    assert facts["memory"]["weights"] > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hofmann", "--flops", "1e20"), "did you mean 'hoffmann'"),
        (("hoffmann",), "no budget; give one"),
        (("hoffmann", "--flops", "1e20", "--loss", "2"), "--flops and --loss are 2 budgets"),
        (("hoffmann", "--usd", "1M"), "of which device"),
        (("hoffmann", "--days", "3", "--on", "A100"), "give --devices"),
        (("hoffmann", "--loss", "1.5"), "no compute reaches a loss of 1.5"),
        (("hoffmann", "--flops", "1e20", "--next-run", "1e18"), "has no draws"),
        (("hoffmann", "--flops", "1e20", "--params", "1B"), "plan a model without a law"),
        (("--params", "1B"), "lacks --tokens, --on"),
        (("hoffmann", "--flops", "1e20", "--on", "abacus"), "no accelerator is called 'abacus'"),
    ],
)
def test_wrong_requests_are_one_line(ask, words, told):
    status, out, err = ask("plan", *words)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
