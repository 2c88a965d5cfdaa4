import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.reports import numbers
from armillary.reports.curve_page import curve_page, held_out_error, judge
from armillary.reports.words import Words
from armillary.scaling.curves.extrapolation import extrapolate_curve
from armillary.scaling.observations import Dropped

EN, FILE = Words("en"), Path("curves.json")


@pytest.fixture(scope="module")
def page(curve_fits, read_page):
    return read_page(curve_page(curve_fits, FILE, EN))


def test_every_curve_has_a_plot_and_its_predictions(page, curve_fits):
    assert set(re.findall(r'id="figure-([\w-]+)"', page.source)) == {"curve-0", "curve-1"}
    for fit in curve_fits:
        for scale in (2, 4):
            claim = extrapolate_curve(fit, scale * fit.last_x)
            span = numbers.interval(claim.interval_90, numbers.plain)
            assert f"{numbers.plain(claim.value)} {span}" in page.text


def test_laws_stand_with_weight_and_source(page, curve_fits):
    for fit in curve_fits:
        assert sum(record.weight for record in fit.records) == pytest.approx(1)
        for record in fit.records:
            assert f"{record.law.citation} {record.weight:.0%} {numbers.percent(record.rmsle)}" in page.text


def test_points_held_back_judge_the_prediction(page, curve_fits):
    loss, accuracy = curve_fits
    off = np.log(loss.predict(loss.curve.held_out_x) / loss.curve.held_out_y)
    assert held_out_error(loss) == pytest.approx(np.sqrt((off**2).mean()))
    assert held_out_error(accuracy) is None
    assert f"Error on points held back {numbers.percent(held_out_error(loss))}" in page.text


def test_one_curve_is_answered_in_the_headline(curve_fits, read_page):
    loss = replace(curve_fits[0], curve=replace(curve_fits[0].curve, name=""))
    claim = extrapolate_curve(loss, 2 * loss.last_x)
    assert claim.supported
    assert judge([loss], EN).headline.startswith(f"At twice the last x, expect {numbers.plain(claim.value)} ")
    read_page(curve_page([loss], FILE, EN))


def test_a_curve_that_follows_no_law_is_said_to(curve_fits):
    wild = replace(curve_fits[0], record=replace(curve_fits[0].record, rmsle=0.4))
    verdict = judge([wild], EN)
    assert verdict.status == "unsupported"
    assert "missed by 40%" in verdict.advice[0][1]


def test_what_was_dropped_is_told_in_chinese_too(curve_fits, read_page):
    curve = replace(curve_fits[0].curve, dropped=(Dropped(row="row 5", reason="has no y"),))
    page = read_page(curve_page([replace(curve_fits[0], curve=curve)], FILE, Words("zh")))
    assert "未使用 1 行" in page.text
    assert "缺少 y" in page.text
    assert 'lang="en"' not in page.source
