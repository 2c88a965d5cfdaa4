import dataclasses

import numpy as np
import pytest
from histories import history

from armillary.core.errors import CheckpointError, RequestError
from armillary.trends.band import Band
from armillary.trends.projection import project
from armillary.trends.trend_file import load_trend, plain, save_trend


@pytest.fixture(scope="module")
def projection():
    return project(history(np.random.default_rng(0), frontier=10), [2015.0, 2025.0, 2030.0], n_draws=100)


def test_numbers_that_json_lacks_are_words_or_whatever_is_asked():
    assert plain((np.inf, -np.inf, 1.5)) == ["inf", "-inf", 1.5]
    assert plain(np.array([np.nan, 2.0]), not_finite=lambda _: None) == [None, 2.0]


def test_a_trend_file_brings_everything_back(projection, tmp_path):
    save_trend(projection, tmp_path / "trend.json")
    loaded = load_trend(tmp_path / "trend.json")
    for field in ("growth", "back_test", "method", "landmarks", "milestones", "widen"):
        left, right = getattr(loaded, field), getattr(projection, field)
        if field == "growth":
            assert left.forms == right.forms
            assert left.overall == right.overall
        else:
            assert left == right
    for name in (f.name for f in dataclasses.fields(Band)):
        assert getattr(loaded.top, name) == pytest.approx(getattr(projection.top, name), nan_ok=True)
    assert loaded.series.names == projection.series.names


def test_files_that_hold_no_trend_are_refused(tmp_path):
    with pytest.raises(RequestError, match="there is no file"):
        load_trend(tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"format": 99}')
    with pytest.raises(CheckpointError, match="holds no trend of format 2"):
        load_trend(tmp_path / "other.json")
    (tmp_path / "cut.json").write_text('{"format": 2, "trend": {"series": {}}}')
    with pytest.raises(CheckpointError, match="is damaged"):
        load_trend(tmp_path / "cut.json")
