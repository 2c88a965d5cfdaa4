from armillary.scaling.ladder import threads
from armillary.scaling.ladder.rungs import Rung
from armillary.scaling.ladder.threads import processes_and_threads


def rung(n_params: int) -> Rung:
    made = object.__new__(Rung)
    vars(made).update(n_params=n_params, config=f"of {n_params}", trunk=str(n_params))
    return made


RUNGS = [rung(n) for n in (1, 3, 2)]


def test_no_core_is_used_twice(monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 4)
    assert [processes_and_threads(RUNGS, n) for n in (1, 2, 3, 8)] == [(1, 4), (2, 2), (3, 1), (8, 1)]


def test_left_open_the_largest_model_decides(monkeypatch):
    asked = []
    monkeypatch.setattr(threads, "available_cores", lambda: 4)
    monkeypatch.setattr(threads, "best_threads", lambda config, n_jobs: asked.append((config, n_jobs)) or 2)
    assert processes_and_threads(RUNGS, 0) == (2, 2)
    assert asked == [("of 3", 3)]
