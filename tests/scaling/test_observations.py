import dataclasses
import json

import pytest
from simulated import observations, write_run

from armillary.core.errors import DataError, RequestError
from armillary.scaling.observations import Observations, as_table, from_ladder
from armillary.scaling.reading import read_observations


def test_a_ladder_s_finished_rungs_are_read_with_their_roles(ladder):
    found = read_observations(ladder)
    assert found.families == ("transformer", "cnn")
    assert len(found.of("transformer")) == len(found.of("cnn")) == 8
    [held_out] = found.of("transformer", "held-out")
    assert held_out.name == "large"
    assert held_out.lineage == "large"
    assert [(d.row, d.reason) for d in found.dropped] == [("killed", "has not been trained to its end")]
    assert found == from_ladder(ladder)


def test_rows_come_in_order_of_compute(ladder):
    compute = as_table(from_ladder(ladder).of("cnn")).compute
    assert (compute[1:] >= compute[:-1]).all()


def test_any_folder_of_runs_is_read_and_branches_know_their_trunk(tmp_path):
    trunk, branch, killed = (dataclasses.replace(row, name=name) for row, name in _three())
    write_run(tmp_path, trunk)
    write_run(tmp_path, branch, parent=tmp_path / "trunk")
    write_run(tmp_path, killed, finished=False)
    found = read_observations(tmp_path)
    assert {row.name: row.lineage for row in found.rows} == {"trunk": "trunk", "branch": "trunk"}
    assert found.rows[0].family == "transformer"
    assert [row.row for row in found.dropped] == ["killed"]


def _three():
    return zip(observations()[:3], ("trunk", "branch", "killed"), strict=True)


def test_what_holds_no_runs_is_refused(tmp_path):
    with pytest.raises(RequestError, match="there is no file or folder"):
        read_observations(tmp_path / "nothing")
    with pytest.raises(RequestError, match="holds no finished run"):
        read_observations(tmp_path)
    with pytest.raises(RequestError, match="names the columns of a table"):
        read_observations(tmp_path, {"n_params": "N"})


def test_a_loss_that_no_law_fits_is_dropped_and_said(tmp_path):
    rows = list(observations()[:2])
    write_run(tmp_path, rows[0])
    write_run(tmp_path, dataclasses.replace(rows[1], loss=0.0))
    found = read_observations(tmp_path)
    assert len(found.rows) == 1
    assert found.dropped[0].reason == "has a loss of 0, which no law can be fitted to"


def test_any_metric_of_runs_can_stand_for_the_loss(tmp_path):
    for row in observations()[:3]:
        write_run(tmp_path, row)
        summary = json.loads((tmp_path / row.name / "summary.json").read_text())
        if row.name != observations()[2].name:
            summary["metrics"] = {"test/frechet_distance": 10 * row.loss}
        (tmp_path / row.name / "summary.json").write_text(json.dumps(summary))
    found = read_observations(tmp_path, {"loss": "test/frechet_distance"})
    assert [row.loss for row in found.rows] == [10 * row.loss for row in observations()[:2]]
    assert [d.reason for d in found.dropped] == ["has no test/frechet_distance"]
    assert found.assumptions == ("test/frechet_distance is taken for the loss",)
    with pytest.raises(DataError, match=r"no metric of these runs is called 'frechet'; did you mean"):
        read_observations(tmp_path, {"loss": "frechet"})


def test_a_run_that_started_from_another_s_weights_does_not_count(tmp_path):
    for row in observations()[:2]:
        write_run(tmp_path, row)
    path = tmp_path / observations()[0].name / "run.json"
    record = json.loads(path.read_text())
    record["config"]["start"] = "elsewhere"
    path.write_text(json.dumps(record))
    found = read_observations(tmp_path)
    assert [row.name for row in found.rows] == [observations()[1].name]
    assert "whose compute it does not count" in found.dropped[0].reason


def test_runs_of_several_tasks_do_not_compare(tmp_path):
    for row, task in zip(observations()[:2], ("text-generation", "image-classification"), strict=True):
        write_run(tmp_path, row, task=task)
    with pytest.raises(RequestError, match=r"several tasks \(image-classification, text-generation\)"):
        read_observations(tmp_path)


def test_the_highest_losses_of_each_family_are_left_out_and_told():
    rows = (*observations(n_budgets=2), *observations(family="cnn", n_budgets=2))
    found = Observations(rows=rows).without_highest(2)
    assert [len(found.of(family)) for family in ("transformer", "cnn")] == [6, 6]
    highest = sorted(rows[:8], key=lambda row: -row.loss)[:2]
    assert {row.row for row in found.dropped} >= {row.name for row in highest}
    assert Observations(rows=rows).without_highest(0).rows == rows
