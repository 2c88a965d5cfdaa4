import json

import pytest
import torch

from armillary.training import probe
from armillary.training.machine import peak_memory, tune_allocator, tune_machine


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[torch.dtype]:
    """Stand in for the stopwatch: 100 GFLOP/s in 32 bits, 60 in bf16; returns what was measured."""
    calls: list[torch.dtype] = []

    def measure(dtype: torch.dtype, device: str, seconds: float = 0.0) -> float:
        calls.append(dtype)
        return {torch.float32: 1e11, torch.bfloat16: 6e10}[dtype]

    monkeypatch.setattr(probe, "measure_matmul", measure)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    probe.matmul_peak.cache_clear()
    yield calls
    probe.matmul_peak.cache_clear()


def test_a_machine_is_measured_once(measured: list[torch.dtype]) -> None:
    assert probe.matmul_peak("32-true") == probe.matmul_peak("32-true") == 1e11
    probe.matmul_peak.cache_clear()  # as another process
    assert probe.matmul_peak("32-true") == 1e11
    assert measured == [torch.float32]


def test_a_damaged_cache_is_measured_anew(measured: list[torch.dtype]) -> None:
    probe.cache_folder().mkdir()
    (probe.cache_folder() / "matmul-peak.json").write_text("{")
    assert probe.matmul_peak("32-true") == 1e11
    (known,) = json.loads((probe.cache_folder() / "matmul-peak.json").read_text()).values()
    assert known == 1e11


@pytest.mark.parametrize(("bf16", "expected"), [(6e10, "32-true"), (1.2e11, "32-true"), (4e11, "bf16-mixed")])
def test_the_clearly_faster_precision_is_chosen(
    measured, monkeypatch: pytest.MonkeyPatch, bf16: float, expected: str
) -> None:
    monkeypatch.setattr(probe, "measure_matmul", lambda dtype, *_: 1e11 if dtype == torch.float32 else bf16)
    assert probe.faster_precision("cpu") == expected


def test_a_device_that_was_never_probed_stays_in_full_precision(measured: list[torch.dtype]) -> None:
    assert probe.faster_precision("mps") == "32-true"
    assert measured == []


def test_the_stopwatch_counts_two_flop_a_multiply_add(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(probe.SIZE, "cpu", 64)
    ticks = iter([0.0, 0.0, 0.0, 2.0, 99.0])
    monkeypatch.setattr(probe.time, "perf_counter", lambda: next(ticks))
    assert probe.measure_matmul(torch.float32, "cpu", seconds=1.0) == 2 * 64**3 / 2.0


def test_the_allocator_is_tuned_only_where_it_is_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    assert tune_allocator() is False


def test_tuning_flushes_denormals_and_computes_on() -> None:
    tune_machine()
    assert (torch.tensor([1e-39]) * 1.0).item() == 0.0
    assert (torch.ones(2000, 2000) @ torch.ones(2000, 1)).sum() == 2000 * 2000
    torch.set_flush_denormal(False)


def test_peak_memory_holds_what_was_allocated() -> None:
    block = torch.zeros(30_000_000)
    assert peak_memory(torch.device("cpu")) > block.nbytes
