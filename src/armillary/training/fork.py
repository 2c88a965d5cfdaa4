"""Branches of a run: a shorter budget's cooldown, started from the stable phase of a longer run.

The order of batches is a pure function of seed and step, and before its decay a shorter run is step for
step the longer one.  So one long run and a few short cooldowns give the very models that several runs
from scratch would have given (Haegele et al. 2024, arXiv:2405.18392).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.core.files import atomic_path, write_text
from armillary.runs.run import Run
from armillary.training.checkpoint import checkpoint_at, path_of, steps_of, verify
from armillary.training.config import RunConfig
from armillary.training.rules import resolved
from armillary.training.schedules import stable_steps

FREE = ("budget", "evaluations", "checkpoints", "tensorboard")  # fields that a branch may change


def fork(trunk: Run, step: int, config: RunConfig, path: Path) -> Run:
    """Make at ``path`` the run of ``config`` as it stands after ``step`` steps, taken from ``trunk``.

    ``train(config, path, resume=True)`` then goes on with it.  Raises RequestError when ``trunk`` kept no
    checkpoint at ``step``, when ``config`` decays before it, or differs from the trunk in more than its
    budget; CheckpointError when the checkpoint is damaged.
    """
    config = resolved(config)
    _require_same(RunConfig.from_dict(trunk.config), config, trunk)
    if step > stable_steps(config):
        raise RequestError(
            f"a run of {config.budget!r} decays from step {stable_steps(config)} on; "
            f"it cannot branch from step {step} of {trunk.path}"
        )
    source = checkpoint_at(trunk.path, step)
    if source is None:
        kept = ", ".join(map(str, steps_of(trunk.path))) or "none"
        raise RequestError(f"{trunk.path} has no checkpoint at step {step} (it has: {kept})")
    verify(source)
    with atomic_path(path_of(path, step)) as part:
        shutil.copytree(source, part)
    rows = [json.dumps(row) + "\n" for row in trunk.metrics() if row["step"] <= step]
    write_text(path / "metrics.jsonl", "".join(rows))
    return Run.create(path, config.to_dict(), parent=trunk.path)


def _require_same(trunk: RunConfig, branch: RunConfig, run: Run) -> None:
    ours, theirs = branch.to_dict(), trunk.to_dict()
    for name in ours:
        if name not in FREE and ours[name] != theirs[name]:
            raise RequestError(
                f"a branch of {run.path} differs from it in its budget alone, not in {name}: "
                f"{ours[name]} instead of {theirs[name]}; take the trunk's configuration with another budget"
            )
