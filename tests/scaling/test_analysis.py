import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest
from documented import departures
from simulated import TRUTH

from armillary.core.errors import RequestError
from armillary.core.files import read_json, write_json
from armillary.scaling.analysis import analyse, analyse_fits, predict_rungs
from armillary.scaling.family import fit_families
from armillary.scaling.observations import from_ladder


@pytest.fixture(scope="module")
def analysis(ladder):
    return analyse(ladder)


def test_every_family_has_its_law_and_the_held_out_model_its_check(analysis):
    assert [family.family for family in analysis.families] == ["transformer", "cnn"]
    transformer, cnn = analysis.families
    assert transformer.fitted.law == cnn.fitted.law == "chinchilla"
    [check] = transformer.checks
    assert check.name == "large"
    assert check.measured == pytest.approx(float(TRUTH(1e6, 4e6)), rel=0.01)
    assert abs(check.error) < 0.03
    assert cnn.checks == ()
    assert transformer.problem == cnn.problem == ""
    assert transformer.flops_per_second == pytest.approx(1e10)
    assert [row.name for row in transformer.observations if row.role == "held-out"] == ["large"]


def test_the_band_spans_the_runs_and_holds_the_law(analysis):
    transformer = analysis.families[0]
    band = transformer.fitted.band
    compute = [row.train_flops for row in transformer.observations]
    assert band[0].train_flops == pytest.approx(min(compute))
    assert band[-1].train_flops > max(compute)
    for point in band:
        assert point.interval_90.low < point.interval_50.low < point.interval_50.high < point.interval_90.high
        assert point.loss in point.interval_90


def test_fits_alone_are_analysed_as_those_of_a_ladder(ladder, analysis):
    fits, _ = fit_families(from_ladder(ladder))
    alone = analyse_fits(tuple(fits.values()))
    for family, same in zip(alone.families, analysis.families, strict=True):
        assert family.fitted.parameters == same.fitted.parameters
        assert all(row.role == "fit" for row in family.observations)
        largest = max(row.train_flops for row in family.observations)
        assert family.fitted.band[-1].train_flops == pytest.approx(10 * largest)
    assert alone.comparison.winner in fits
    assert analyse_fits([next(iter(fits.values()))]).comparison is None


def test_parameters_lie_in_their_intervals(analysis):
    for name, estimate in analysis.families[0].fitted.parameters.items():
        assert estimate.value in estimate.interval, name


def test_comparison_costs_curves_and_what_was_left_out_are_there(analysis):
    assert analysis.comparison.winner in ("transformer", "cnn")
    assert {cost.family for cost in analysis.costs} == {analysis.comparison.winner}
    assert [cost.scale for cost in analysis.costs] == [10, 100, 1000]
    curve = next(curve for curve in analysis.curves if curve.name == "large")
    assert len(curve.loss) == 2
    assert curve.loss[0] > curve.loss[1]
    assert [row.row for row in analysis.dropped] == ["killed"]
    assert analysis.baselines == {"n-gram": {"loss": 3.4}}
    assert any("PUE" in note for note in analysis.notes)


def test_it_is_plain_json(analysis):
    data = json.loads(json.dumps(analysis.to_dict(), allow_nan=False))
    printed = {"ladder": "ladder", "report": None} | data
    assert departures("armillary ladder and armillary demo", printed) == []
    assert data["families"][0]["fitted"]["parameters"]["E"]["interval"]["level"] == 0.9
    assert data["source"] == {
        "kind": "stdlib",
        "licence": "PSF-2.0",
        "citation": "Python",
        "n_tokens": 5_000_000,
    }


@dataclass
class Planned:
    family: str
    n_params: int
    n_tokens: int
    train_flops: float


def test_a_planned_rung_is_predicted_from_the_fitted_rungs_alone(ladder, analysis):
    planned = [Planned("transformer", 10**6, 4 * 10**6, 2.4e13), Planned("lstm", 10**6, 4 * 10**6, 2.4e13)]
    [prediction] = predict_rungs(ladder, planned)
    assert prediction.loss == pytest.approx(analysis.families[0].checks[0].extrapolation.loss)


def test_a_family_with_too_few_rungs_is_told_so(ladder, tmp_path):
    folder = shutil.copytree(ladder, tmp_path / "ladder")
    record = read_json(folder / "ladder.json")
    kept = [r for r in record["rungs"] if r["family"] == "cnn"][:3]
    record["rungs"] = [*kept, *(r for r in record["rungs"] if r["family"] == "transformer")]
    write_json(folder / "ladder.json", record)
    cnn, transformer = analyse(folder).families
    assert cnn.fitted is None
    assert "power-law has 3 parameters and there are 3 observations" in cnn.problem
    assert transformer.fitted is not None


def test_a_folder_that_is_no_ladder_is_refused(tmp_path):
    with pytest.raises(RequestError, match=r"is not a ladder \(it has no ladder.json\)"):
        analyse(tmp_path)


def test_the_numeric_half_does_without_torch_and_scipy_stats():
    code = (
        "import sys, armillary.scaling.analysis, armillary.scaling.fit_file, armillary.scaling.reading;"
        "print([m for m in ('torch', 'scipy.stats', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
