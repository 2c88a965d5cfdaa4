from __future__ import annotations

import re
from dataclasses import fields

import pytest

from armillary.core.hardware import accelerator
from armillary.scaling.audit.facts import source_of
from armillary.scaling.audit.records import TrainingRun, historical_band, known_accelerator, records

VALUES = [field.name for field in fields(TrainingRun) if field.type == "float | None"]


def run(name: str) -> TrainingRun:
    return next(run for run in records() if run.name == name)


def test_there_are_thirty_runs_and_each_value_has_a_source() -> None:
    assert len(records()) >= 30
    assert len({r.name for r in records()}) == len(records())
    lacking = [
        (r.name, name)
        for r in records()
        for name in VALUES
        if getattr(r, name) is not None and not source_of(r, name)
    ]
    assert lacking == []


def test_records_are_dated_and_positive() -> None:
    for r in records():
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", r.released)
        assert all(getattr(r, name) is None or getattr(r, name) > 0 for name in VALUES)
        assert bool(r.note) == bool(r.note_zh)
        assert not r.builds_on or run(r.builds_on)


@pytest.mark.parametrize("name", ["A100 80GB", "A100 40GB", "V100", "H100", "H800", "TPU v3", "TPU v4"])
def test_hardware_of_records_is_in_the_catalogue(name: str) -> None:
    assert accelerator(name).peak() > 1e14


def test_hardware_that_the_catalogue_lacks_has_no_peak() -> None:
    assert known_accelerator("GTX 580") is None
    assert run("AlexNet").utilisation is None


def test_published_flops_are_close_to_six_nd_but_for_two() -> None:
    """OPT's logbook counts restarts; Hunyuan-Large counts 9.6 N D and attention (arXiv:2411.02265)."""
    ratios = {r.name: r.train_flops / r.model_flops for r in records() if r.train_flops and r.model_flops}
    assert [name for name, ratio in ratios.items() if not 0.6 < ratio < 1.5] == ["OPT-175B", "Hunyuan-Large"]
    assert run("OPT-175B").flops == pytest.approx(6 * 175e9 * 180e9)


def test_utilisation_of_known_runs() -> None:
    """GPT-3: 3.14e23 / (148,000 days x 125 TFLOP/s); LLaMA 65B: 380 tokens/s on A100 are 0.477 of peak."""
    assert run("GPT-3 175B").utilisation == pytest.approx(3.14e23 / (148_000 * 86400 * 125e12))
    assert run("LLaMA 65B").utilisation == pytest.approx(6 * 65.2e9 * 380 / 312e12, rel=0.01)
    assert run("PaLM 540B").device_seconds == pytest.approx(3600 * (6144 * 1200 + 3072 * 336))


def test_the_band_is_what_runs_reached() -> None:
    band = historical_band()
    assert 0.1 < band.low < band.typical < band.high < 0.6
    assert band.floor == pytest.approx(band.low / 3)
    assert band.n_runs >= 25
    assert run(band.lowest_run).utilisation == band.low
    assert run(band.highest_run).utilisation == band.high
