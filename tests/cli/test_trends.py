import json
import re

import pytest

from armillary.cli.main import main
from armillary.trends.trend_file import load_trend


def asked(capsys, *words):
    assert main(["trends", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_growth_of_training_compute_on_record(capsys, tmp_path):
    out = tmp_path / "trend.json"
    facts = asked(capsys, "training_flop", "--since", "2010", "--until", "2030", "--out", str(out))
    overall = facts["growth"]["overall"]["per_year"]
    assert 3.5 < overall["value"] < 5  # Epoch AI 2024: 4.1 to May 2024
    assert overall["interval"]["low"] < overall["value"] < overall["interval"]["high"]
    assert facts["growth"]["n_bounded"] > 0
    assert facts["growth"]["without_bounded"]["per_year"]["value"] < overall["value"]
    assert facts["back_test"]["chosen"] == facts["method"]
    assert facts["years"][-1] == 2030
    assert all(facts["series"]["sources"])
    assert load_trend(out).growth.overall.per_year.value == overall["value"]


def test_the_answer_is_a_page_of_tables(capsys):
    assert main(["trends", "training_flop", "--since", "2010", "--frontier", "10", "--quantile", "0.5"]) == 0
    text = capsys.readouterr().out
    for part in ("one line", "quantile 0.5", "BIC over the best", "back-test", "largest so far", "https://"):
        assert part in text
    assert re.search(r"1\.0e27\s+202\d-\d\d \(202\d-\d\d (to 20\d\d-\d\d|or later)\)", text)


def test_further_rules_are_words(capsys):
    exact = asked(capsys, "training_flop", "without_bounds", "uncertainty=1", "--since", "2010")
    assert exact["growth"]["n_bounded"] == 0
    rows = exact["series"]
    known = [a == b for a, b in zip(rows["low"], rows["high"], strict=True)]
    assert sum(known) > 0.9 * len(known)  # a few are told as ranges


def test_a_share_stays_below_its_ceiling(capsys):
    facts = asked(capsys, "chatgpt_weekly_users", "--ceiling", "8.2e9")
    assert facts["method"] == "logistic"
    assert facts["rows"]["high_90"][-1] <= 8.2e9


def test_a_table_of_ones_own_is_read_and_its_bad_rows_are_told(capsys, tmp_path):
    rows = [f"m{i},{2010 + i // 2}-0{1 + i % 9}-01,{10 ** (20 + 0.2 * i):.3g}" for i in range(24)]
    table = tmp_path / "mine.csv"
    table.write_text("\n".join(["name,date,training_flop", *rows, "odd,2020-01-01,many"]))
    facts = asked(capsys, "training_flop", "--data", str(table))
    assert facts["growth"]["n_rows"] == 24
    assert facts["growth"]["overall"]["slope"]["value"] == pytest.approx(0.4, abs=0.03)
    assert "many" in json.dumps(facts["problems"])


def test_bottlenecks_share_out_what_binds_first(capsys):
    facts = asked(capsys, "bottlenecks", "campus_power_2030=1e11", "--until", "2030")
    bound = [sum(shares) for shares in zip(*facts["binds_first"].values(), strict=True)]
    assert [b + u for b, u in zip(bound, facts["unbound"], strict=True)] == pytest.approx([1.0] * len(bound))
    stated = next(a for a in facts["assumptions"] if a["name"] == "campus_power_2030")
    assert stated["source"] == "stated by the user"
    assert facts["review"] is None


def test_a_review_is_what_the_user_states(capsys):
    stated = ["required_share=0.5", "usd_per_decision=2", "decisions_per_year=1e9", "budget_usd=1e8"]
    review = asked(capsys, "bottlenecks", *stated)["review"]
    assert review["cost_usd"] == pytest.approx(1e9)
    assert review["binds"]
    assert main(["trends", "bottlenecks", *stated[:2]]) == 2
    assert "a review needs decisions_per_year, budget_usd too" in capsys.readouterr().err


def test_innovations_and_families_are_listed(capsys):
    ledgers = asked(capsys, "innovations", "training memory")["ledgers"]
    assert [found["resource"] for found in ledgers] == ["training memory"]
    families = asked(capsys, "families", "Transformer")
    assert families["adoption"][0]["family"] == "Transformer"


def test_drift_between_two_tables(capsys, tmp_path):
    rows = [f"m{i},{2010 + i // 3}-0{1 + i % 9}-15,{10 ** (20 + 0.15 * i):.3g}" for i in range(45)]
    for name, kept in (("old", rows[:36]), ("new", [*rows[:10], "m10,2013-02-15,1e27", *rows[11:]])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["name,date,training_flop", *kept]))
    facts = asked(capsys, "drift", str(tmp_path / "old.csv"), str(tmp_path / "new.csv"))
    assert facts["counts"]["new"] == 9
    assert facts["counts"]["revised"] == 1
    assert facts["changes"][0]["name"] == "m10"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["training_flp"], "did you mean 'training_flop'"),
        (["training_flop", "--method", "strait"], "did you mean 'straight'"),
        (["training_flop", "--until", "2015"], "project to a later year"),
        (["training_flop", "large-scale"], "did you mean 'large_scale'"),
        (["training_flop", "edition"], "write edition=VALUE"),
        (["training_flop", "large_scale=1"], "write large_scale"),
        (["drift", "one.csv"], "compares two tables"),
        (["bottlenecks", "sites=moon"], "no kind of sites"),
        (["bottlenecks", "campus_power=1"], "no assumption is called"),
        (["cluster_flops"], "give a table of AI supercomputers"),
    ],
)
def test_what_cannot_be_answered_is_one_line(capsys, words, line):
    assert main(["trends", *words]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_growth_past_all_people_is_told(capsys):
    assert main(["trends", "chatgpt_weekly_users", "--until", "2030"]) == 0
    assert "this passes 8.57B users, all there can be" in capsys.readouterr().out
