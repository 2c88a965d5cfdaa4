"""What a model put out on a split, beside what was wanted: ``outputs/SPLIT.jsonl`` in a run.

The first line says what the rest is: format, split, the measure of the scores, the metrics of the whole
split, and the fingerprint of the examples.  Then comes a line for each example: source, reference, output,
score, where it stood, and for a few of them an alignment or a file in ``outputs/SPLIT``.  Nothing in it
needs the model or torch: pages and comparisons are made from this file.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armillary.core.errors import CheckpointError, RequestError
from armillary.core.files import write_bytes, write_text
from armillary.core.plain import from_plain, to_plain
from armillary.runs.run import Run

FORMAT = 1


@dataclass(frozen=True)
class Alignment:
    """How much each piece of an output looked at each piece of its source.

    Pieces are tokens as text, put together the whole text.  A character that is cut over several tokens
    stands with the last of them, and the others are empty; so is the mark that ends a text.
    """

    source: tuple[str, ...]
    output: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]  # a row for each piece of the output, of sum 1


@dataclass(frozen=True)
class Judged:
    """An output of a model, and what it was made from and should have been."""

    source: str  # the input as text, or the name of its file where it is none
    reference: str
    output: str
    score: float  # of this output alone, by the judgement's measure; more is better
    document: str = ""  # where the example stood: a page, a package, a speaker
    alignment: Alignment | None = None
    media: str = ""  # the name of a file beside the outputs: the sound or the image that this is about


@dataclass(frozen=True)
class Judgement:
    """The metrics of a model on a split; with them, where the task has texts to show, its outputs."""

    split: str
    metrics: Mapping[str, float]  # by name, as ``Task.evaluate`` returns them
    measure: str = ""  # the name of the examples' score: chrf, rouge_l, ...
    examples: tuple[Judged, ...] = field(default=(), repr=False)
    reads: str = "texts"  # what the model is given: texts, or recordings
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)  # media, to be kept

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the sources and references in their order: equal exactly when two splits are."""
        pairs = [[example.source, example.reference] for example in self.examples]
        return hashlib.sha256(json.dumps(pairs, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True)
class PairedScore:
    """One metric of two systems on the same examples."""

    ours: float  # the metric of the run that is asked about
    theirs: float  # that of the other
    difference: float  # ours - theirs
    low: float  # the difference's 95% interval, from a paired bootstrap over examples
    high: float
    p_value: float  # two-sided, from approximate randomization


@dataclass(frozen=True)
class PairedRuns:
    """Two runs on the same examples."""

    run: str  # the folder of the one that is asked about
    against: str  # the folder of the other
    split: str  # train, validation or test
    n_examples: int  # judged, the same of both
    scores: Mapping[str, PairedScore]  # by the metric's name: bleu, chrf, rougeL, ...


def judgement_path(run: Run, split: str) -> Path:
    """Return where the outputs of ``run`` on ``split`` are kept."""
    return run.path / "outputs" / f"{split}.jsonl"


def media_path(run: Run, split: str, name: str) -> Path:
    """Return where a file that goes with the outputs of ``run`` on ``split`` is kept."""
    return run.path / "outputs" / split / Path(name).name


def write_judgement(run: Run, judgement: Judgement) -> Path:
    """Write the outputs into the folder of ``run``; CheckpointError when the disk refuses."""
    head = {
        "format": FORMAT,
        "split": judgement.split,
        "measure": judgement.measure,
        "metrics": dict(judgement.metrics),
        "fingerprint": judgement.fingerprint,
        "n_examples": len(judgement.examples),
        "reads": judgement.reads,
    }
    for name, content in judgement.files.items():
        write_bytes(media_path(run, judgement.split, name), content)
    lines = [head, *(_row(example) for example in judgement.examples)]
    path = judgement_path(run, judgement.split)
    # Escaped as ASCII: a line separator of Unicode inside a text must not end a line of the file.
    write_text(path, "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines))
    return path


def read_judgement(run: Run, split: str = "test") -> Judgement:
    """Return what ``write_judgement`` wrote.

    Raises RequestError where nothing is kept of ``split``, CheckpointError naming a damaged file.
    """
    path = judgement_path(run, split)
    if not path.is_file():
        raise RequestError(
            f"{run.path} keeps no outputs on the {split} split; "
            f"write them with: armillary evaluate {run.path} --split {split}"
        )
    try:
        head, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
        if head["format"] != FORMAT:
            raise CheckpointError(f"{path} is of format {head['format']} and not {FORMAT}; evaluate anew")
        examples = tuple(from_plain(Judged, row) for row in rows)
        judgement = Judgement(
            head["split"], head["metrics"], head["measure"], examples, head.get("reads", "texts")
        )
        if (head["n_examples"], head["fingerprint"]) != (len(examples), judgement.fingerprint):
            raise CheckpointError(f"{path} is not whole; write it anew with: armillary evaluate {run.path}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    return judgement


def _row(example: Judged) -> dict[str, Any]:
    """Return an example as plain values, without what it does not have."""
    plain: dict[str, Any] = to_plain(example)
    return {name: value for name, value in plain.items() if value not in ("", None) or name in _ALWAYS}


_ALWAYS = ("source", "reference", "output", "score")
