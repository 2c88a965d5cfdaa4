import json
from pathlib import Path

import pytest

from armillary.core.errors import CheckpointError
from armillary.core.files import atomic_path, read_json, write_json, write_text


def test_a_file_appears_whole_and_alone(tmp_path):
    write_text(tmp_path / "a" / "b.txt", "浑天仪")
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "浑天仪"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]


def fail_halfway(target):
    with atomic_path(target) as part:
        part.write_text("half")
        raise RuntimeError


def test_a_failure_leaves_the_old_file_and_no_scrap(tmp_path):
    target = tmp_path / "a.json"
    write_json(target, {"whole": True})
    with pytest.raises(RuntimeError):
        fail_halfway(target)
    assert json.loads(target.read_text()) == {"whole": True}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_replaces_a_folder(tmp_path):
    for content in ("one", "two"):
        with atomic_path(tmp_path / "folder") as part:
            part.mkdir()
            (part / "file").write_text(content)
    assert (tmp_path / "folder" / "file").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_full_disk_names_the_file_and_keeps_the_old(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with (
        pytest.raises(CheckpointError, match=r"a\.txt: No space left on device; it is as it was"),
        atomic_path(target),
    ):
        raise OSError(28, "No space left on device")
    assert target.read_text() == "old"


def test_a_damaged_json_names_the_file(tmp_path):
    (tmp_path / "cut.json").write_text('{"a": ')
    with pytest.raises(CheckpointError, match=r"cut\.json"):
        read_json(tmp_path / "cut.json")
    with pytest.raises(CheckpointError, match=r"absent\.json"):
        read_json(Path(tmp_path / "absent.json"))
