from dataclasses import replace

import numpy as np
import pytest
from simulated import TRUTH, observations

from armillary.core.errors import FitError, RequestError, UnknownNameError
from armillary.scaling.family import fit_family
from armillary.scaling.fit_file import save_fits
from armillary.scaling.planning.subject import alternatives, read_subject
from armillary.scaling.planning.surface import LossSurface


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("subject") / "runs.csv"
    rows = [f"{r.n_params},{r.n_tokens},{r.loss}" for r in observations(TRUTH, n_budgets=2)]
    path.write_text("\n".join(["Size,n_tokens,loss", *rows, "x,1e6,3"]))
    return path


def test_a_name_is_a_published_law():
    subject = read_subject("besiroglu")
    assert subject.surfaces[0].facts.name == "besiroglu"
    assert subject.fits == ()


def test_a_table_is_fitted_and_what_was_dropped_is_told(table):
    subject = read_subject(str(table), columns={"n_params": "Size"}, law="chinchilla")
    [surface] = subject.surfaces
    assert surface.facts.n_observations == 8
    assert any("1 row of" in note for note in subject.notes)


def test_a_file_of_fits_has_families_to_choose_from(transformer, cnn, tmp_path):
    save_fits([transformer, cnn], tmp_path / "fit.json")
    both = read_subject(str(tmp_path / "fit.json"))
    assert [surface.facts.family for surface in both.surfaces] == ["transformer", "cnn"]
    one = read_subject(str(tmp_path / "fit.json"), family="cnn")
    assert [surface.facts.family for surface in one.surfaces] == ["cnn"]


def test_a_ladder_s_folder_is_a_subject(ladder):
    assert {s.facts.family for s in read_subject(str(ladder), law="chinchilla").surfaces} == {
        "transformer",
        "cnn",
    }


def test_what_is_neither_name_nor_path_is_told_the_nearest_law():
    with pytest.raises(UnknownNameError, match=r"did you mean 'hoffmann'.*or give a fit.json"):
        read_subject("hofmann")


def test_options_of_runs_do_not_go_with_a_law(transformer, tmp_path):
    with pytest.raises(RequestError, match="hoffmann is a published law"):
        read_subject("hoffmann", law="kaplan")
    save_fits([transformer], tmp_path / "fit.json")
    with pytest.raises(RequestError, match="is a fit already"):
        read_subject(str(tmp_path / "fit.json"), law="kaplan")


def test_runs_whose_law_knows_no_size_are_refused(table):
    with pytest.raises(FitError, match="knows no best size"):
        read_subject(str(table), columns={"n_params": "Size"}, law="power-law")


def test_a_published_law_is_held_against_its_rival(surface):
    [rival] = alternatives(read_subject("hoffmann").surfaces[0], None)
    assert rival.facts.name == "besiroglu"


def test_laws_may_be_named_refitted_or_loaded(surface, transformer, tmp_path):
    save_fits([transformer], tmp_path / "fit.json")
    found = alternatives(surface, ("besiroglu", "kaplan", str(tmp_path / "fit.json")))
    assert [each.facts.name for each in found] == ["besiroglu", "kaplan", "chinchilla"]
    assert found[1].facts.n_observations == surface.facts.n_observations


def test_a_published_law_has_no_runs_to_refit(published):
    with pytest.raises(RequestError, match="comes without runs that kaplan could be fitted to"):
        alternatives(published(), ("kaplan",))
    with pytest.raises(UnknownNameError, match="no law is called 'newton'"):
        alternatives(published(), ("newton",))


def test_a_blend_is_held_against_its_laws_alone(transformer):
    kaplan = fit_family(transformer.observations, "kaplan", n_draws=200)
    members = tuple(replace(fit.members[0], weight=0.5) for fit in (transformer, kaplan))
    blend = LossSurface.of_fit(replace(transformer, members=members, alternatives=()))
    found = alternatives(blend, None)
    assert [each.facts.name for each in found] == ["chinchilla", "kaplan"]
    size = found[0].split(found[0].law, 1e14)[0].item()
    assert size == pytest.approx(transformer.split(np.array([1e14]))[0][0], rel=1e-6)
