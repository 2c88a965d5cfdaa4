import dataclasses

import numpy as np
import pytest

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.core.files import read_json, write_json
from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.fit_file import choose, load_fits, load_origin, save_fits
from armillary.scaling.observations import Dropped, Observations


def test_a_saved_fit_predicts_what_it_predicted_before(transformer, cnn, tmp_path):
    save_fits([transformer, cnn], tmp_path / "fit.json")
    again = choose(load_fits(tmp_path / "fit.json"), "transformer")
    asked = {"n_params": 7.5e5, "n_tokens": 4e6}
    ours, theirs = (dataclasses.asdict(extrapolate(fit, **asked)) for fit in (again, transformer))
    assert ours.pop("interval_90") == pytest.approx(theirs.pop("interval_90"), rel=1e-9)
    assert ours.pop("interval_50") == pytest.approx(theirs.pop("interval_50"), rel=1e-9)
    assert ours == theirs
    np.testing.assert_allclose(again.draws.theta, transformer.draws.theta, rtol=1e-9, atol=1e-9)
    assert again.back_test == transformer.back_test
    assert again.observations == transformer.observations


def test_one_of_several_families_has_to_be_named(transformer, cnn):
    assert choose([cnn], None) is cnn
    with pytest.raises(RequestError, match="fits of cnn, transformer; choose one with --family"):
        choose([transformer, cnn], None)
    with pytest.raises(UnknownNameError, match="did you mean 'cnn'"):
        choose([transformer, cnn], "cn")


def test_a_missing_or_damaged_file_is_named(transformer, tmp_path):
    path = tmp_path / "fit.json"
    with pytest.raises(RequestError, match="make it with: armillary fit RUNS --out"):
        load_fits(path)
    write_json(path, {"format": 99})
    with pytest.raises(CheckpointError, match="holds no fits of format 2"):
        load_fits(path)
    save_fits([transformer], path)
    damaged = read_json(path)
    del damaged["families"][0]["laws"]
    write_json(path, damaged)
    with pytest.raises(CheckpointError, match="is damaged"):
        load_fits(path)


def test_what_was_dropped_and_assumed_is_kept_with_the_fits(cnn, tmp_path):
    dropped = (Dropped(row="row 7", reason="has no loss"),)
    read = Observations(rows=(), dropped=dropped, assumptions=("n_tokens from the others",))
    save_fits([cnn], tmp_path / "fit.json", read)
    origin = load_origin(tmp_path / "fit.json")
    assert origin.dropped == dropped
    assert origin.assumptions == read.assumptions
    assert origin.provenance["armillary"]
