import mmap
import sys

import pytest

from armillary.training import machine
from armillary.training.machine import Heap, resident


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells it elsewhere in other ways")
def test_memory_that_is_held_is_counted() -> None:
    page, n_pages = mmap.PAGESIZE, 10_000
    before = resident()
    with mmap.mmap(-1, page * n_pages) as held:
        for start in range(0, len(held), page):
            held[start] = 1
        assert resident() - before > 0.9 * len(held)


def test_free_memory_is_given_back_once_there_is_much_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    held, trims = [1], []
    monkeypatch.setattr(machine, "resident", lambda: held[0] * 2**30)
    monkeypatch.setattr(machine, "trim", lambda: trims.append(held.pop()) or held.append(2))
    heap = Heap()
    for gigabytes in (2, 3, 4, 3, 4, 5):
        held[0] = gigabytes
        heap.look()
    assert trims == [4, 5]
