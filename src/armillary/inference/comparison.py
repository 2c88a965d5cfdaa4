"""Two finished runs on the same examples: which one is better, and whether chance may have made it so."""

from __future__ import annotations

from pathlib import Path

from armillary.core.errors import RequestError
from armillary.inference.model import open_model
from armillary.runs.judgement import Judgement, PairedRuns, judgement_path, read_judgement, write_judgement
from armillary.runs.run import Run
from armillary.training.config import RunConfig


def kept_judgement(run: Run, split: str = "test", data: Path | None = None) -> Judgement:
    """Return the outputs of ``run`` on ``split``: those it keeps, or else made now and kept.

    Outputs on ``data``, a user's own instead of the run's source, are made and not kept.
    """
    if data is None and judgement_path(run, split).is_file():
        return read_judgement(run, split)
    judgement = open_model(run, data=data).judge(split)
    if data is None and judgement.examples:
        write_judgement(run, judgement)
    return judgement


def compare(run: Run, against: Run, ours: Judgement, theirs: Judgement) -> PairedRuns:
    """Return the paired tests of two runs from their judgements.

    Raises RequestError when the runs are of different tasks, of one without a paired test, or were judged
    on different examples.
    """
    kinds = [each.config["task"]["kind"] for each in (run, against)]
    if kinds[0] != kinds[1]:
        raise RequestError(
            f"{run.path} learnt {kinds[0]} and {against.path} {kinds[1]}; compare two runs of one task"
        )
    if not ours.examples or not theirs.examples:
        raise RequestError(f"{kinds[0]} keeps no outputs to compare; tasks that write texts do")
    if ours.fingerprint != theirs.fingerprint:
        raise RequestError(
            f"{run.path} and {against.path} were judged on different examples ({len(ours.examples):,} and "
            f"{len(theirs.examples):,} of the {ours.split} split); judge both on one file with --data FILE"
        )
    scores = RunConfig.from_dict(run.config).task.compare(ours, theirs)
    return PairedRuns(str(run.path), str(against.path), ours.split, len(ours.examples), scores)
