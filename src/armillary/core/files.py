"""Files that are either whole or not there: written to a temporary name, synced, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from armillary.core.errors import CheckpointError


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target``; move it there when the block ends without error.

    A file or a folder may be written at the temporary path.  Raises CheckpointError, naming the
    file, when the disk refuses (full, read-only); what stood at ``target`` before is then whole.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise CheckpointError(f"cannot write {target}: {error.strerror or error}") from error
    try:
        part = scratch / target.name
        yield part
        _sync(part)
        _replace(part, target)
    except OSError as error:
        raise CheckpointError(
            f"cannot write {target}: {error.strerror or error}; it is as it was before"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 ``text`` to ``target`` atomically."""
    with atomic_path(target) as part:
        part.write_text(text, encoding="utf-8")


def write_bytes(target: Path, content: bytes) -> None:
    """Write ``content`` to ``target`` atomically."""
    with atomic_path(target) as part:
        part.write_bytes(content)


def write_json(target: Path, value: Any) -> None:
    """Write ``value`` as readable JSON, Chinese and other scripts as they are."""
    write_text(target, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; CheckpointError names the file when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error


def _sync(part: Path) -> None:
    files = [p for p in part.rglob("*") if p.is_file()] if part.is_dir() else [part]
    for path in files:
        with path.open("rb") as handle:
            os.fsync(handle.fileno())


def _replace(part: Path, target: Path) -> None:
    if target.is_dir():  # a folder cannot be renamed onto one that holds files
        old = part.parent / "old"
        target.rename(old)
    part.rename(target) if part.is_dir() else part.replace(target)
