"""Where a run came from: versions, machine, seed and the code's own hash."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

import armillary

_PACKAGES = ("torch", "lightning-fabric", "numpy", "scipy", "tokenizers", "safetensors")


class Provenance(TypedDict):
    """What made a file, and where."""

    armillary: str  # version
    code: str  # a hash over the package's Python files
    packages: dict[str, str | None]  # versions; null: not installed
    python: str  # version
    platform: str  # operating system, with its version
    processor: str  # its name
    n_cores: int | None  # of the machine; null: not known
    seed: int | None  # null: none is common to the whole file
    created: str  # ISO date and time, UTC


def provenance(seed: int | None = None) -> Provenance:
    """Return what is needed to explain a difference between two runs, as plain JSON values."""
    return {
        "armillary": armillary.__version__,
        "code": code_hash(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor(),
        "n_cores": os.cpu_count(),
        "seed": seed,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@functools.cache
def code_hash() -> str:
    """Return a hash over this package's Python files, so that two runs can be known to share code."""
    root = Path(armillary.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def processor() -> str:
    """Return the processor's name as the operating system gives it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
