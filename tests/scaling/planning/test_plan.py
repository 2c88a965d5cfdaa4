import json

import pytest

from armillary.core.errors import CheckpointError, RequestError
from armillary.scaling.planning.plan import Budget, load_plan, save_plan
from armillary.scaling.planning.planner import Wishes, make_plan
from armillary.scaling.planning.request import devices_of
from armillary.scaling.planning.subject import Subject


@pytest.fixture(scope="module")
def plan(surface):
    wishes = Wishes(
        inference_tokens=1e9,
        unique_tokens=1e6,
        against=("kaplan",),
        next_run=Budget(kind="flops", amount=1e13),
    )
    subject = Subject(surfaces=(surface,), fits=(surface.fit,))
    return make_plan(subject, Budget(kind="flops", amount=1e15), devices_of("A100", 1), wishes)


def test_a_plan_survives_its_file(plan, tmp_path):
    save_plan(plan, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json") == plan


def test_the_file_is_json_that_every_reader_takes(plan, tmp_path):
    save_plan(plan, tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["plan"]["n_params"]["value"] == plan.n_params.value


@pytest.mark.parametrize(
    "text", ['{"format": 99, "plan": {}}', "[]", '{"format": 1, "plan": {"law": 3}}', '{"format": 1}', "{"]
)
def test_a_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"plan\.json"):
        load_plan(path)


def test_a_missing_file_is_told_how_to_make_it(tmp_path):
    with pytest.raises(RequestError, match="make it with: armillary plan SUBJECT --out"):
        load_plan(tmp_path / "none.json")
