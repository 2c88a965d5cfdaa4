from pathlib import Path

import pytest

from armillary.core.errors import DataError
from armillary.data import debian

APT = """#!/bin/sh
echo "$@" >> {log}
for word; do last=$word; done
case "$*" in
  *download*) [ "$last" = missing ] && {{ echo "E: Unable to locate package missing" >&2; exit 100; }}
              echo archive > "${{last}}_1_all.deb" ;;
esac
"""
DPKG = """#!/bin/sh
[ "$1" = -x ] && mkdir -p "$3/usr/share" && cp "$2" "$3/usr/share/content"
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose apt-get and dpkg are two small scripts, and what apt-get was asked."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in (("apt-get", APT), ("dpkg", DPKG)):
        (tools / name).write_text(script.format(log=tmp_path / "log") if name == "apt-get" else script)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "kept"))
    return tmp_path / "log"


def test_a_package_is_fetched_once_and_said_so(machine, capsys):
    for _ in range(2):
        folder = debian.unpacked("some-data")
        assert (folder / "usr" / "share" / "content").read_text() == "archive\n"
    assert capsys.readouterr().err == f"fetching the Debian package some-data into {folder}, once\n"
    assert [line.split()[-1] for line in machine.read_text().splitlines()] == ["update", "some-data"]


def test_apt_works_in_a_folder_of_its_own(machine):
    debian.unpacked("some-data")
    for line in machine.read_text().splitlines():
        options = dict(word.split("=") for word in line.split() if word.startswith("Dir::"))
        assert set(options) == {"Dir::State::Lists", "Dir::Cache"}
        assert not any(Path(folder).exists() for folder in options.values())
        assert not any(folder.startswith("/var") for folder in options.values())


def test_an_unknown_package_leaves_nothing_behind(machine, tmp_path):
    with pytest.raises(DataError, match="apt-get missing failed: E: Unable to locate package missing"):
        debian.unpacked("missing")
    assert not list((tmp_path / "kept").rglob("*missing*"))


def test_a_machine_without_apt_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="some-data can only be fetched where apt-get and dpkg are"):
        debian.unpacked("some-data")
