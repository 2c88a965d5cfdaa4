"""The record that ships."""

import math

import pytest

from armillary.trends.parsing import parse_date
from armillary.trends.record import hardware, measures, models
from armillary.trends.record.shipped import quantities
from armillary.trends.selection import Selection, select

FAMILIES = {
    "CNN", "RNN", "Transformer", "GAN", "diffusion", "MLP", "RL", "classical",
    "energy-based", "graph network", "state space",
}  # fmt: skip


def test_models_from_1950_to_2026_each_with_source_edition_and_family():
    rows = models().rows
    assert len(rows) >= 150
    assert rows[0].date.day.year == 1950
    assert max(row.date.day.year for row in rows) == 2026
    assert all("http" in row.source and row.edition for row in rows)
    assert {row.family for row in rows} == FAMILIES
    assert models().unread == ()
    assert [problem.name for problem in models().problems] == ["Claude 3.5 Sonnet"]  # an older edition


def test_figures_of_known_runs():
    by_name = {row.name: row for row in models()}
    gpt3 = by_name["GPT-3 175B (davinci)"].amounts
    assert gpt3["training_flop"].value == 3.14e23
    assert gpt3["n_devices"].value == 10000
    assert gpt3["hours"].value == pytest.approx(14.8 * 24, rel=1e-3)
    assert by_name["Chinchilla"].amounts["training_flop"].value == pytest.approx(
        6 * by_name["Chinchilla"].amounts["n_params"].value * by_name["Chinchilla"].amounts["n_tokens"].value,
        rel=0.05,
    )


def test_frontier_models_that_do_not_publish_compute_have_bounds_with_sources():
    hidden = [
        row for row in models() if "training_flop" in row.amounts and not row.amounts["training_flop"].known
    ]
    assert len(hidden) >= 15
    assert sum(row.date.day.year >= 2025 for row in hidden) >= 12
    for row in hidden:
        assert 1e25 <= row.amounts["training_flop"].low < row.amounts["training_flop"].high < math.inf
        assert row.bound_source.startswith("https://")


def test_power_and_energy_follow_from_devices_and_hours():
    amounts = {row.name: row for row in models()}["Llama 3.1-405B"].amounts
    # 16,384 H100 at 700 W rated, 1.82 to 2.43 times that with server, network and cooling
    assert amounts["power_watts"].low == pytest.approx(16384 * 10200 / 8)
    assert amounts["power_watts"].high == pytest.approx(16384 * 1700)
    assert amounts["energy_kwh"].value == pytest.approx(amounts["power_watts"].value * 2142 / 1000)


def test_hardware_is_that_of_the_planner():
    rows = {row.name: row for row in hardware()}
    h100 = rows["NVIDIA H100 SXM5 80GB"]
    assert h100.amounts["hardware_fp16"].value == pytest.approx(989.4e12, rel=0.01)
    assert h100.amounts["hardware_fp16_per_watt"].value == pytest.approx(
        h100.amounts["hardware_fp16"].value / 700
    )


def test_every_measure_has_a_source_a_unit_and_a_description():
    known = quantities()
    for row in measures():
        assert "http" in row.source
        (name,) = row.amounts
        assert known[name].unit
        assert known[name].description


@pytest.mark.parametrize("name", ["training_flop", "n_params", "n_tokens", "cost_usd", "power_watts"])
def test_every_quantity_makes_a_series(name):
    series = select(models(), name, Selection(since=2010))
    assert len(series) > 20
    assert all(series.sources)


def test_a_table_of_ones_own_takes_the_place_of_the_record(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("Model,Publication date,Parameters\nX,2023,7B\n", encoding="utf-8")
    (row,) = models(path).rows
    assert (row.name, row.date) == ("X", parse_date("2023"))
