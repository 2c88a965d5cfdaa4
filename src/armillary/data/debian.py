"""What Debian and Ubuntu package, and what they say of it: fetched without root, once, into the cache."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
    _require_apt(f"the Debian package {package}")
    print(f"fetching the Debian package {package} into {folder}, once", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch, atomic_path(folder) as part:
        _apt(Path(scratch), "update")
        _apt(Path(scratch), "download", package)
        (archive,) = Path(scratch).glob("*.deb")
        _run(["dpkg", "-x", str(archive), str(part)], Path(scratch))
    return folder


def indexes(*languages: str) -> Path:
    """Return a folder with the descriptions of all packages: ``Translation-de`` and so on, as plain text.

    ``sources.tsv`` beside them says from which source package each is built.  Fetched as ``unpacked`` does;
    DataError when the archive has no descriptions in one of ``languages``.
    """
    folder = cache_folder() / "debian" / f"indexes-{'-'.join(sorted(languages))}"
    if folder.is_dir():
        return folder
    _require_apt(f"Debian's descriptions in {', '.join(languages)}")
    print(f"fetching the descriptions of Debian's packages into {folder}, once", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name, atomic_path(folder) as part:
        scratch = Path(name)
        _apt(scratch, "update", languages=languages)
        part.mkdir()
        for language in languages:
            found = sorted((scratch / "lists").glob(f"*_Translation-{language}"))
            if not found:
                raise DataError(
                    f"Debian's archive has no descriptions in {language!r}; name it as the archive does: de, "
                    "fr, it, ja, pt_BR, zh_CN, ..."
                )
            (part / f"Translation-{language}").write_bytes(b"".join(path.read_bytes() for path in found))
        lines = [line for path in (scratch / "lists").glob("*_Packages") for line in _built_from(path)]
        (part / "sources.tsv").write_text("".join(sorted(set(lines))), encoding="utf-8")
    return folder


def _built_from(packages: Path) -> Iterator[str]:
    """Yield a line for each package of an index: its name, a tab, its source package."""
    name = source = ""
    with packages.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("Package: "):
                name = source = line.split()[1]
            elif line.startswith("Source: "):
                source = line.split()[1]
            elif line == "\n":
                yield f"{name}\t{source}\n"


def _require_apt(what: str) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise DataError(f"{what} can only be fetched where apt-get and dpkg are")


def _apt(scratch: Path, *command: str, languages: Sequence[str] = ("none",)) -> None:
    """Run apt-get with its lists and its cache in ``scratch``, where it also leaves what it downloads."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State::Lists": scratch / "lists",
        "Dir::Cache": scratch / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "root",  # its own user may not write to the scratch folder
        "Acquire::Retries": "3",
        "Acquire::GzipIndexes": "false",
        "Acquire::Languages": ",".join(languages),
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
