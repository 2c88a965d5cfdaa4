"""docs/json.md is in step, and says of every verb what the verb prints."""

import contextlib
import io
import json
import re
import shlex
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import json_reference
import pytest
from documented import KINDS, departures, met, objects_of
from json_fields import fields_of
from simulated import observations, write_run
from simulated_curves import curve

from armillary.cli.main import main

LISTS = ("models", "tasks", "sources", "laws", "recipes", "hardware", "runs")


def write_runs(path):
    rows = [*observations(n_budgets=2), *observations(n_budgets=2, family="cnn", seed=1)]
    lines = [f"{r.n_params},{r.n_tokens},{r.loss},{r.family}" for r in rows]
    path.write_text("\n".join(["n_params,n_tokens,loss,family", *lines, "x,1e6,3,cnn", "1e6,1e6,3,lstm"]))


def write_curves(path):
    subject = curve(n_points=9)
    given = [f"{x},{y},1" for x, y in zip(subject.x, subject.y, strict=True)]
    held = [f"{x},{y},0" for x, y in zip(subject.held_out_x, subject.held_out_y, strict=True)]
    path.write_text("\n".join(["x,y,training", *given, *held, given[0]]))


def write_users(path, n_quarters=16):
    rows = [
        f"quarter {i},{2020 + i // 4}-{1 + 3 * (i % 4):02d}-15,{1e6 * 3 ** (i / 4):.4g}"
        for i in range(n_quarters)
    ]
    path.write_text("\n".join(["name,date,users", *rows, "odd,2021-01-01,many"]))


def commands():
    """Return the title of a section and a command that prints its object, in order."""
    asked = "--data 2M --against kaplan --next-run 1e13 --inference-tokens 1e9 --on A100 --devices 1"
    review = "required_share=0.5 usd_per_decision=2 decisions_per_year=1e9 budget_usd=1e8"
    told = [
        ("armillary fit, of runs", "fit runs.csv --draws 100 --sensitivity --out fit.json"),
        ("armillary fit, of curves", "fit curves.csv --law m4 --out curves.json"),
        ("armillary extrapolate, from runs", "extrapolate fit.json --flops 1e14 --family cnn"),
        ("armillary extrapolate, from curves", "extrapolate curves.json --x 20k"),
        ("armillary plan, by a law", "plan hoffmann --flops 1e21"),
        ("armillary plan, by a law", f"plan fit.json --flops 1e15 --family cnn {asked} --out plan.json"),
        ("armillary plan, of a model that is given", "plan --params 7B --tokens 1T --on A100 --devices 64"),
        ("armillary audit", "audit 'GPT-3 took 1.75 million GPU-days'"),
        ("armillary trends, of a quantity", "trends users --data users.csv --quantile 0.5 --out trend.json"),
        ("armillary trends affordable", "trends affordable usd=10M flop=1e25 --until 2028"),
        ("armillary trends levers", "trends levers params=70B tokens=1.4T served=10T device=a100"),
        ("armillary trends bottlenecks", f"trends bottlenecks {review} --until 2028"),
        ("armillary trends innovations", "trends innovations"),
        ("armillary trends families", "trends families Transformer"),
        ("armillary trends drift", "trends drift older.csv users.csv users"),
        ("armillary report", "report curves.json --out page.html"),
        *(("armillary list", f"list {what} --root runs") for what in LISTS),
    ]
    return [(title, shlex.split(words)) for title, words in told]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the verbs print and what they save, by the title of its section."""
    folder = tmp_path_factory.mktemp("json")
    write_runs(folder / "runs.csv")
    write_curves(folder / "curves.csv")
    write_users(folder / "users.csv")
    write_users(folder / "older.csv", n_quarters=14)
    write_run(folder / "runs", observations(n_budgets=2)[0])
    found = defaultdict(list)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for title, words in commands():
            with contextlib.redirect_stdout(io.StringIO()) as out:
                assert main([*words, "--json"]) == 0, words
            [line] = out.getvalue().splitlines()
            found[title].append(json.loads(line, parse_constant=pytest.fail))
    for title, name in SAVED.items():
        text = (folder / name).read_text(encoding="utf-8")
        found[title].append(json.loads(re.sub('"(nan|-?inf)"', "null", text), parse_constant=pytest.fail))
    return found


SAVED = {
    "fit.json, of runs": "fit.json",
    "fit.json, of curves": "curves.json",
    "plan.json": "plan.json",
    "trend.json": "trend.json",
}
TRAINED = (
    "armillary train",
    "armillary evaluate",
    "armillary predict",
    "armillary explain",
    "armillary quantize",
    "armillary ladder",
    "armillary export",
)


@pytest.mark.parametrize("title", [title for title in KINDS if not title.startswith(TRAINED)])
def test_what_is_printed_is_what_is_documented(printed, title):
    assert printed[title]
    for value in printed[title]:
        assert departures(title, value) == []


@pytest.mark.parametrize("title", [title for title in KINDS if not title.startswith(TRAINED)])
def test_the_examples_have_every_object_that_is_documented(printed, title):
    missing = objects_of(title).difference(*(met(title, value) for value in printed[title]))
    assert {kind.__name__ for kind in missing} == set()


def test_a_field_too_many_too_few_or_of_another_type_is_a_departure(printed):
    [claim] = printed["armillary audit"]
    changed = {**claim, "language": "fr", "more": 1, "claims": [{**claim["claims"][0], "notes": None}]}
    del changed["verdict"]
    assert len(departures("armillary audit", changed)) == 4


@dataclass(frozen=True)
class Shape:
    """A thing."""

    n_params: float
    train_flops: float | None  # of all ``steps``; None: not known
    noise: float


def test_a_row_has_type_unit_and_meaning():
    [size, compute, *_] = fields_of(Shape)
    assert json_reference.meaning(size) == "parameters of the model"
    assert json_reference.unit(compute) == "FLOP"
    assert json_reference.meaning(compute) == "of all `steps`; null: not known"


def test_a_field_that_nothing_explains_is_refused():
    with pytest.raises(ValueError, match="nothing says what noise"):
        list(json_reference.rows(Shape, {}))


def test_the_page_is_in_step():
    assert Path("docs/json.md").read_text(encoding="utf-8") == json_reference.page()


@pytest.mark.parametrize(("arguments", "status"), [(["--check"], 1), ([], 0), (["--check"], 0)])
def test_the_check_compares_with_what_was_written(tmp_path_factory, monkeypatch, arguments, status):
    folder = tmp_path_factory.getbasetemp() / "page"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(json_reference, "PAGE", folder / "json.md")
    monkeypatch.setattr(sys, "argv", ["json_reference.py", *arguments])
    assert json_reference.main() == status
