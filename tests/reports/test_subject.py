import subprocess
import sys

import pytest

from armillary.core.errors import RequestError, UnknownNameError
from armillary.core.units import format_count
from armillary.reports import report
from armillary.runs.run import Run
from armillary.scaling.curves.curve_file import save_curve_fits
from armillary.scaling.fit_file import save_fits
from armillary.scaling.planning.plan import save_plan


def test_a_run_and_a_path_to_it_give_one_page(ladder_folder, tmp_path, read_page):
    path = ladder_folder / "rungs" / "lstm-10000-500000"
    one = report(path, tmp_path / "deep" / "one.html")
    two = report(Run.open(path), tmp_path / "two.html")
    assert one.read_bytes() == two.read_bytes()
    read_page(one.read_text(encoding="utf-8"))


def test_a_ladder_is_analysed_and_reported(ladder_folder, tmp_path, read_page, monkeypatch, analysis):
    monkeypatch.setattr("armillary.reports.subject.analyse", {ladder_folder: analysis}.__getitem__)
    page = read_page(report(ladder_folder, tmp_path / "r.html", lang="zh").read_text(encoding="utf-8"))
    assert "规模规律报告" in page.text


def test_a_file_of_fits_is_reported(fits, tmp_path, read_page):
    save_fits(fits, tmp_path / "fit.json")
    page = read_page(report(tmp_path / "fit.json", tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "Fit report" in page.text


def test_a_plan_is_reported(full_plan, tmp_path, read_page):
    save_plan(full_plan, tmp_path / "plan.json")
    page = read_page(report(tmp_path / "plan.json", tmp_path / "r.html").read_text(encoding="utf-8"))
    assert f"Train {format_count(full_plan.n_params.value)} parameters" in page.text
    assert "Written 20" in page.text


def test_fitted_curves_are_reported(curve_fits, tmp_path, read_page):
    save_curve_fits(curve_fits, tmp_path / "curves.json")
    page = read_page(report(tmp_path / "curves.json", tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "The curves and what lies beyond" in page.text


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(RequestError, match="armillary fit RUNS --out"):
        report(tmp_path / "x.json", tmp_path / "r.html")


def test_what_is_neither_is_refused(tmp_path):
    with pytest.raises(RequestError, match="neither a run"):
        report(tmp_path, tmp_path / "r.html")
    with pytest.raises(UnknownNameError):
        report(tmp_path, tmp_path / "r.html", lang="fr")
    assert not (tmp_path / "r.html").exists()


def test_reports_need_no_torch():
    code = "import sys, armillary.reports; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
