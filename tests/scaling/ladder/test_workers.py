import os
import shutil

import pytest

from armillary.scaling.ladder.workers import Job, Workers


@pytest.fixture(scope="module")
def workers():
    with Workers(count=2, threads=1) as pool:
        yield pool


def test_a_job_waits_for_those_it_needs_and_is_watched(workers, tmp_path):
    seen: list[tuple[set[str], set[str]]] = []
    jobs = [
        Job("fill", os.mkdir, (tmp_path / "a" / "b",), cost=9.0, needs=("make",)),
        Job("make", os.mkdir, (tmp_path / "a",), cost=1.0),
        Job("empty", os.rmdir, (tmp_path / "a" / "b",), cost=9.0, needs=("fill", "not in this batch")),
    ]
    workers.run(jobs, lambda running, done: seen.append((set(running), set(done))))
    assert (tmp_path / "a").is_dir()
    assert not (tmp_path / "a" / "b").exists()
    assert seen[-1] == (set(), {"make", "fill", "empty"})


def test_a_failing_job_ends_the_batch_with_its_own_error(workers, tmp_path):
    jobs = [
        Job("absent", os.rmdir, (tmp_path / "absent",), cost=2.0),
        Job("after", shutil.rmtree, (tmp_path,), 1.0, needs=("absent",)),
    ]
    with pytest.raises(FileNotFoundError):
        workers.run(jobs, lambda *_: None)
    assert tmp_path.is_dir()
