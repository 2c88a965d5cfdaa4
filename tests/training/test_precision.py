import pytest

from armillary.training import precision
from armillary.training.precision import faster_product, precision_of
from armillary.training.rules import resolved


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch, tmp_path) -> dict[str, float]:
    """What the machine multiplies, FLOP/s by precision; bf16 three times as fast until a test says else."""
    found = {"32-true": 1e11, "bf16-mixed": 3e11}
    monkeypatch.setattr(precision, "matmul_peak", lambda name, _: found[name])
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "cache"))
    return found


def no_trial(*_) -> float:
    raise AssertionError("the model was tried")


@pytest.mark.parametrize(("bf16", "expected"), [(6e10, "32-true"), (1.4e11, "32-true"), (4e11, "bf16-mixed")])
def test_the_clearly_faster_product_is_chosen(peaks: dict, bf16: float, expected: str) -> None:
    peaks["bf16-mixed"] = bf16
    assert faster_product("cpu") == expected
    assert faster_product("mps") == "32-true"


def test_on_an_accelerator_products_decide(toy, peaks: dict, monkeypatch) -> None:
    monkeypatch.setattr(precision, "_step_seconds", no_trial)
    assert precision_of(toy(precision="auto", accelerator="cuda")) == "bf16-mixed"


def test_small_models_and_slow_products_need_no_trial(toy, peaks: dict, monkeypatch) -> None:
    monkeypatch.setattr(precision, "_step_seconds", no_trial)
    assert precision_of(toy(precision="auto")) == "32-true"
    monkeypatch.setattr(precision, "WORTH_A_TRIAL", 0)
    peaks["bf16-mixed"] = 5e10
    assert precision_of(toy(precision="auto")) == "32-true"


@pytest.mark.parametrize(("bf16", "expected"), [(1.0, "bf16-mixed"), (1.9, "32-true"), (4.0, "32-true")])
def test_on_a_cpu_the_model_itself_decides_once(
    toy, peaks: dict, monkeypatch, bf16: float, expected: str
) -> None:
    tried = []

    def step_seconds(config, name):
        tried.append(name)
        return {"32-true": 2.0, "bf16-mixed": bf16}[name]

    monkeypatch.setattr(precision, "WORTH_A_TRIAL", 0)
    monkeypatch.setattr(precision, "_step_seconds", step_seconds)
    config = toy(precision="auto").fitted()
    assert [precision_of(config), precision_of(config)] == [expected, expected]
    assert tried == ["32-true", "bf16-mixed"]


def test_the_trial_trains_for_real(toy, peaks: dict, monkeypatch) -> None:
    monkeypatch.setattr(precision, "WORTH_A_TRIAL", 0)
    assert resolved(toy(precision="auto")).precision in ("32-true", "bf16-mixed")


def test_what_was_asked_for_is_not_questioned(toy, monkeypatch) -> None:
    monkeypatch.setattr(precision, "matmul_peak", no_trial)
    assert precision_of(toy(precision="bf16-mixed")) == "bf16-mixed"
