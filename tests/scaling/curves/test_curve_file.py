import json

import numpy as np
import pytest
from simulated_curves import curve

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.scaling.curves.blend import fit_curve
from armillary.scaling.curves.curve_file import (
    choose_curve,
    holds_curve_fits,
    load_curve_fits,
    save_curve_fits,
)
from armillary.scaling.curves.extrapolation import extrapolate_curve


@pytest.fixture(scope="module")
def fits():
    return [fit_curve(curve(n_points=9, name=name, seed=i), ("m2", "m4")) for i, name in enumerate("ab")]


def test_a_saved_fit_answers_as_before(fits, tmp_path):
    path = tmp_path / "fit.json"
    save_curve_fits(fits, path)
    assert holds_curve_fits(path)
    for ours, theirs in zip(fits, load_curve_fits(path), strict=True):
        assert extrapolate_curve(theirs, 3e4) == extrapolate_curve(ours, 3e4)
        np.testing.assert_array_equal(theirs.curve.held_out_y, ours.curve.held_out_y)


def test_a_curve_is_chosen_by_name(fits):
    assert choose_curve(fits, "b") is fits[1]
    assert choose_curve(fits[:1], None) is fits[0]
    with pytest.raises(RequestError, match=r"2 curves \(a, b\); choose one with --family"):
        choose_curve(fits, None)
    with pytest.raises(UnknownNameError, match="no fitted curve is called 'c'"):
        choose_curve(fits, "c")


def test_files_that_hold_something_else_are_refused(fits, tmp_path):
    path = tmp_path / "fit.json"
    path.write_text(json.dumps({"format": 2, "families": []}))
    assert not holds_curve_fits(path)
    with pytest.raises(CheckpointError, match="holds no fitted curves"):
        load_curve_fits(path)
    save_curve_fits(fits, path)
    data = json.loads(path.read_text())
    del data["curves"][0]["laws"][0]["weight"]
    path.write_text(json.dumps(data))
    with pytest.raises(CheckpointError, match="is damaged"):
        load_curve_fits(path)
