import json
import shutil

import pytest

from armillary.compression import Reference, quantize
from armillary.core.errors import RequestError
from armillary.inference import Model, open_model
from armillary.models.quantization import Quantization
from armillary.reports import report
from armillary.runs.run import Run
from armillary.scaling.observations import from_runs

EIGHT, FOUR, TWO = (Quantization(bits=bits, smallest=0) for bits in ("8", "4", "2"))


@pytest.mark.parametrize("name", ["cnn", "lstm", "transformer", "encoder-decoder", "language"])
def test_eight_bits_are_the_same_run_in_a_quarter_of_the_bytes(parent_of, tmp_path, name):
    parent = parent_of(name)
    made = quantize(parent, EIGHT, tmp_path / "8bit")
    assert made.parent == str(parent.path)
    ours, theirs = made.summary, parent.summary
    assert (ours.train_flops, ours.seconds, ours.n_params) == (
        theirs.train_flops,
        theirs.seconds,
        theirs.n_params,
    )
    assert ours.metrics.keys() == theirs.metrics.keys()
    assert ours.loss == pytest.approx(theirs.loss, rel=0.02)
    cost = Reference(parent).cost(made)
    assert (
        cost.file_bytes < 0.5 * cost.parent_file_bytes
    )  # names and small tensors weigh more in so small a file
    again = open_model(made).evaluate("validation")
    assert again["loss"] == pytest.approx(ours.loss, rel=1e-5)


def test_fewer_bits_make_smaller_files(digits, tmp_path):
    sizes = [
        (quantize(digits, Quantization(bits=bits), tmp_path / bits).path / "model.safetensors").stat().st_size
        for bits in ("8", "4", "3", "2", "ternary", "binary")
    ]
    assert sizes == sorted(sizes, reverse=True)


def test_what_a_run_leaves_says_how_it_was_made(digits, tmp_path):
    made = quantize(digits, FOUR, tmp_path / "four")
    assert f"the weights of {digits.name} rounded to 4bit" in (made.path / "README.md").read_text()
    shape = json.loads((made.path / "config.json").read_text())
    assert (shape["quantization"]["bits"], shape["quantization"]["aware"]) == ("4", False)
    [validation, test] = made.metrics()
    assert (validation["split"], test["split"]) == ("validation", "test")
    page = report(made, tmp_path / "page.html")
    assert "four" in page.read_text(encoding="utf-8")
    assert (made.path / "preprocessor_config.json").read_text() == (
        digits.path / "preprocessor_config.json"
    ).read_text()


def test_the_weights_are_those_of_training_that_rounds_at_its_end(digits, tmp_path):
    """The configuration that the run records, trained, makes the very same file."""
    from armillary.training.config import RunConfig
    from armillary.training.trainer import train

    made = quantize(digits, FOUR, tmp_path / "four")
    again = train(RunConfig.from_dict(made.config), tmp_path / "again")
    assert (again.path / "model.safetensors").read_bytes() == (made.path / "model.safetensors").read_bytes()
    assert again.summary.metrics == pytest.approx(dict(made.summary.metrics))


def test_texts_are_judged_and_kept_again(parent_of, tmp_path):
    parent = parent_of("encoder-decoder")
    made = quantize(parent, TWO, tmp_path / "two")
    kept = (made.path / "outputs" / "test.jsonl").read_text(encoding="utf-8")
    assert kept != (parent.path / "outputs" / "test.jsonl").read_text(encoding="utf-8")
    paired = Reference(parent).cost(made).paired
    assert paired is not None
    assert paired.ours == pytest.approx(made.summary.metrics["test/bleu"], abs=0.01)
    assert paired.theirs == pytest.approx(parent.summary.metrics["test/bleu"], abs=0.01)


def test_the_parent_stays_as_it_is(digits, tmp_path):
    before = {path: path.read_bytes() for path in digits.path.rglob("*") if path.is_file()}
    quantize(digits, FOUR, tmp_path / "four")
    assert {path: path.read_bytes() for path in digits.path.rglob("*") if path.is_file()} == before


def test_rounding_twice_and_writing_over_are_refused(digits, tmp_path):
    made = quantize(digits, FOUR, tmp_path / "four")
    with pytest.raises(RequestError, match=r"is quantized already \(4bit\).*the run that it was made from"):
        quantize(made, TWO, tmp_path / "two")
    with pytest.raises(RequestError, match="exists already; delete it, or name another folder"):
        quantize(digits, TWO, made.path)


def test_a_run_that_has_not_finished_is_refused(digits, tmp_path):
    torn = shutil.copytree(digits.path, tmp_path / "torn")
    (torn / "summary.json").unlink()
    with pytest.raises(RequestError, match="has not finished; go on with"):
        quantize(torn, FOUR, tmp_path / "four")


@pytest.mark.parametrize("where", ["judge", "evaluate"])
def test_killed_it_leaves_no_run(digits, tmp_path, monkeypatch, where):
    def dying(*_) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Model, where, dying)
    with pytest.raises(KeyboardInterrupt):
        quantize(digits, FOUR, tmp_path / "out" / "four")
    assert list((tmp_path / "out").iterdir()) == []


def test_no_law_is_fitted_to_rounded_weights(digits, tmp_path):
    quantize(digits, FOUR, tmp_path / "four")
    found = from_runs(tmp_path)
    assert [dropped.reason for dropped in found.dropped] == [
        "has rounded weights, which say less than their number"
    ]


def test_opened_it_is_an_ordinary_module(digits, tmp_path):
    made: Run = quantize(digits, FOUR, tmp_path / "four")
    names = [name for name, _ in open_model(made).module.named_parameters()]
    assert names == [name for name, _ in open_model(digits).module.named_parameters()]
