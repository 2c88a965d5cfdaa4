"""Data that Debian and Ubuntu package: fetched and unpacked without root, once, into the cache."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from armillary.core.errors import DataError
from armillary.core.files import atomic_path
from armillary.data.cache import cache_folder

TIMEOUT = 900  # seconds for one call of apt-get


def unpacked(package: str) -> Path:
    """Return a folder that holds the files of a Debian package as they would lie under ``/``.

    What is installed on this machine stays as it is: apt-get works in a folder of its own.  Says so on
    standard error when it has to fetch; DataError when there is no apt-get or it cannot.
    """
    folder = cache_folder() / "debian" / package
    if folder.is_dir():
        return folder
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise DataError(f"the Debian package {package} can only be fetched where apt-get and dpkg are")
    print(f"fetching the Debian package {package} into {folder}, once", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch, atomic_path(folder) as part:
        _apt(Path(scratch), "update")
        _apt(Path(scratch), "download", package)
        (archive,) = Path(scratch).glob("*.deb")
        _run(["dpkg", "-x", str(archive), str(part)], Path(scratch))
    return folder


def _apt(scratch: Path, *command: str) -> None:
    """Run apt-get with its lists and its cache in ``scratch``, where it also leaves what it downloads."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State::Lists": scratch / "lists",
        "Dir::Cache": scratch / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "root",  # its own user may not write to the scratch folder
        "Acquire::Retries": "3",
    }
    given = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    _run(["apt-get", "-q", *given, *command], scratch)


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.CalledProcessError as error:
        complaint = (error.stderr or error.stdout).strip().splitlines()[-1:]
        raise DataError(f"{command[0]} {command[-1]} failed: {' '.join(complaint)}") from error
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{command[0]} {command[-1]} did not finish in {TIMEOUT} s") from error
