"""Checkpoints: folders that are whole or not there, and that are checked before they are believed.

checkpoints/step-000500/
    model.safetensors, optimizer.safetensors, ...    tensors, one file for each group of them
    trainer.json     numbers: the step, what was seen, the best loss
    manifest.json    size and SHA-256 of every other file
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from armillary.core.errors import CheckpointError
from armillary.core.files import atomic_path, read_json
from armillary.training.weights import read_tensors, write_tensors

KEPT = 2  # newest checkpoints: one to go on from and one for when that is damaged
_NAME = re.compile(r"^step-(\d{6,})$")


@dataclass(frozen=True)
class Checkpoint:
    """Everything a run needs to go on after ``step`` steps."""

    step: int
    values: Mapping[str, Any]  # plain JSON
    tensors: Mapping[str, Mapping[str, Tensor]]  # by group: model, optimizer, ...


def folder_of(run: Path) -> Path:
    """Return where the run at ``run`` keeps its checkpoints."""
    return run / "checkpoints"


def path_of(run: Path, step: int) -> Path:
    """Return the folder of the checkpoint after ``step`` steps."""
    return folder_of(run) / f"step-{step:06d}"


def save(run: Path, checkpoint: Checkpoint) -> Path:
    """Write ``checkpoint`` and return its folder; CheckpointError when the disk refuses."""
    target = path_of(run, checkpoint.step)
    with atomic_path(target) as part:
        part.mkdir()
        for group, tensors in checkpoint.tensors.items():
            write_tensors(part / f"{group}.safetensors", tensors)
        (part / "trainer.json").write_text(json.dumps({"step": checkpoint.step, **checkpoint.values}))
        manifest = {path.name: _fingerprint(path) for path in sorted(part.iterdir())}
        (part / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return target


def load(path: Path) -> Checkpoint:
    """Read the checkpoint in the folder ``path``; CheckpointError, naming the file, when one is damaged."""
    verify(path)
    values = read_json(path / "trainer.json")
    tensors = {file.stem: read_tensors(file) for file in sorted(path.glob("*.safetensors"))}
    return Checkpoint(values["step"], values, tensors)


def verify(path: Path) -> None:
    """Compare the files of a checkpoint with its manifest; CheckpointError names the first that differs."""
    manifest = read_json(path / "manifest.json")
    for name, expected in manifest.items():
        file = path / name
        if not file.is_file():
            raise CheckpointError(f"{file} is missing")
        if file.stat().st_size != expected["bytes"]:
            raise CheckpointError(f"{file} has {file.stat().st_size} bytes instead of {expected['bytes']}")
        if _fingerprint(file) != expected:
            raise CheckpointError(f"{file} is not what was written (its SHA-256 differs)")


def steps_of(run: Path) -> list[int]:
    """Return the steps at which ``run`` has checkpoints, damaged ones included, in order."""
    folder = folder_of(run)
    matches = (_NAME.match(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(match[1]) for match in matches if match)


def newest(run: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """Return the newest whole checkpoint of ``run``, or None when none was ever written.

    ``warn`` gets one line for each damaged checkpoint passed over.  CheckpointError when all are damaged.
    """
    steps = steps_of(run)
    damage: CheckpointError | None = None
    for step in reversed(steps):
        try:
            return load(path_of(run, step))
        except CheckpointError as error:
            damage = error
            warn(f"checkpoint of step {step} passed over: {error}")
    if damage is not None:
        raise CheckpointError(f"{damage}, and {run} has no other whole checkpoint; train it again elsewhere")
    return None


def checkpoint_at(run: Path, step: int) -> Path | None:
    """Return the folder of the checkpoint of ``run`` after exactly ``step`` steps, or None."""
    path = path_of(run, step)
    return path if path.is_dir() else None


def prune(run: Path, pinned: Collection[int]) -> None:
    """Delete all checkpoints but the newest ``KEPT`` and those at the ``pinned`` steps."""
    for step in steps_of(run)[:-KEPT]:
        if step not in pinned:
            shutil.rmtree(path_of(run, step))


def sweep(run: Path) -> None:
    """Delete what a kill in the middle of writing a checkpoint left behind."""
    for path in _scraps(folder_of(run)):
        shutil.rmtree(path)


def _scraps(folder: Path) -> Iterator[Path]:
    return folder.glob(".step-*")


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as handle:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(handle, "sha256").hexdigest()}
