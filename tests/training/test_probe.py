import json
from collections.abc import Iterator

import pytest
import torch

from armillary.training import probe
from armillary.training.machine import peak_memory, tune_allocator, tune_machine


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[list[int]]:
    """Stand in for the stopwatch: 100 GFLOP/s, more for large matrices; yields the sizes measured."""
    sizes: list[int] = []

    def measure(n: int, dtype: torch.dtype, device: str) -> float:
        assert (dtype, device) == (torch.float32, "cpu")
        sizes.append(n)
        return 1e11 if n < 1000 else 1.2e11

    monkeypatch.setattr(probe, "measure_matmul", measure)
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "cache"))
    probe.matmul_peak.cache_clear()
    yield sizes
    probe.matmul_peak.cache_clear()


def test_a_machine_is_measured_once_and_its_best_counts(measured: list[int]) -> None:
    assert probe.matmul_peak("32-true") == probe.matmul_peak("32-true") == 1.2e11
    probe.matmul_peak.cache_clear()  # as another process
    assert probe.matmul_peak("32-true") == 1.2e11
    assert measured == list(probe.SIZES["cpu"])


def test_a_damaged_cache_is_measured_anew(measured: list[int]) -> None:
    probe.cache_folder().mkdir()
    (probe.cache_folder() / "measured.json").write_text("{")
    assert probe.matmul_peak("32-true") == 1.2e11
    (known,) = json.loads((probe.cache_folder() / "measured.json").read_text()).values()
    assert known == 1.2e11


def test_where_nothing_can_be_kept_it_is_measured_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "cache"))
    answers = iter([1.0, 2.0])
    assert [probe.remembered("speed", "here", lambda: next(answers)) for _ in range(2)] == [1.0, 2.0]


def test_the_stopwatch_counts_two_flop_a_multiply_add_and_takes_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter([0.0, 0.0, 1.0, 4.0, 1.5, 5.0, 7.0, 9.0])
    monkeypatch.setattr(probe.time, "perf_counter", lambda: next(ticks))
    assert probe.measure_matmul(64, torch.float32, "cpu", seconds=2.0) == 2 * 64**3 / 2.0


def test_the_allocator_is_tuned_only_where_it_is_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    assert tune_allocator() is False


def test_tuning_flushes_denormals_and_computes_on() -> None:
    tune_machine.cache_clear()
    tune_machine()
    assert (torch.tensor([1e-39]) * 1.0).item() == 0.0
    assert (torch.ones(2000, 2000) @ torch.ones(2000, 1)).sum() == 2000 * 2000
    torch.set_flush_denormal(False)


def test_peak_memory_holds_what_was_allocated() -> None:
    block = torch.zeros(30_000_000)
    assert peak_memory(torch.device("cpu")) > block.nbytes
