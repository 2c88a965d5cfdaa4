import sys

import pytest

from armillary.training import machine
from armillary.training.machine import Heap, resident


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells it elsewhere in other ways")
def test_memory_that_is_held_is_counted() -> None:
    before = resident()
    held = bytearray(b"x" * 2**26)
    assert 0.9 * len(held) < resident() - before < 4 * len(held)


def test_free_memory_is_given_back_once_there_is_much_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    held, trims = [1], []
    monkeypatch.setattr(machine, "resident", lambda: held[0] * 2**30)
    monkeypatch.setattr(machine, "trim", lambda: trims.append(held.pop()) or held.append(2))
    heap = Heap()
    for gigabytes in (2, 3, 4, 3, 4, 5):
        held[0] = gigabytes
        heap.look()
    assert trims == [4, 5]
