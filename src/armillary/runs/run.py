"""A run: one directory that says what was trained, from what, and how it went.

run.json         format version, configuration, parent, provenance; written when the run is made
metrics.jsonl    one line per record: step, split, n_tokens, train_flops, seconds, lr, loss, ...
summary.json     the Summary; present only when the run has finished
checkpoints/     what a killed run resumes from
pictures/        what the model made while it learnt, a PNG file a step, where there is anything to see
outputs/         what the finished model wrote, a file a split; see ``runs.judgement``
baselines.json   metrics of the classical baselines, once they were asked for
config.json, model.safetensors, ...    the finished model, beside its preprocessor
data.json        licence and citation of the data it was trained on
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Self

from armillary.core.errors import CheckpointError, RequestError
from armillary.core.files import read_json, write_bytes, write_json, write_text
from armillary.runs.provenance import provenance

FORMAT = 1
PICTURES = "pictures"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
    """What a finished run measured.  No field has a default: a measurement is made or the run failed."""

    n_params: int  # all parameters, a tied matrix counted once
    n_params_non_embedding: int  # without token and position tables; a tied output matrix is an embedding
    n_examples: int  # training examples seen, repeats counted
    n_tokens: int  # units of the loss seen in training (Task.unit), repeats counted
    train_flops: float  # FLOP of all training steps, forward and backward, a multiply-add is two
    loss: float  # nats per unit on the validation split, at the end
    seconds: float  # wall-clock time spent training, evaluation included, pauses not
    unit: str  # what the loss is a mean over: "token", "byte", "image", "text"
    metrics: Mapping[str, float]  # validation and, under "test/...", test metrics by name

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from ``summary.json``; CheckpointError when a measurement is missing."""
        names = {f.name for f in dataclasses.fields(cls)}
        if names - set(data):
            raise CheckpointError(f"summary.json lacks {', '.join(sorted(names - set(data)))}")
        return cls(**{name: data[name] for name in names})


class Run:
    """A run directory.  Make one with ``create``, open an existing one with ``open``."""

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self.path = path
        self._record = record

    @classmethod
    def create(cls, path: Path, config: Mapping[str, Any], parent: Path | None = None) -> Self:
        """Make the directory ``path`` for a run of ``config``.  RequestError when a run is there already."""
        if (path / "run.json").exists():
            raise RequestError(f"{path} holds a run already; resume it, or choose another name")
        record = {
            "format": FORMAT,
            "config": dict(config),
            "parent": str(parent) if parent else None,
            "provenance": provenance(seed=config.get("seed")),
        }
        write_json(path / "run.json", record)
        return cls(path, record)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a run.  RequestError when ``path`` is none, CheckpointError when it is damaged."""
        if not (path / "run.json").is_file():
            raise RequestError(
                f"{path} is not a run (it has no run.json); `armillary list runs` shows what there is"
            )
        record = read_json(path / "run.json")
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise CheckpointError(
                f"{path / 'run.json'} is not of format {FORMAT}; it was written by another version"
            )
        return cls(path, record)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def config(self) -> dict[str, Any]:
        """The RunConfig as plain values."""
        return dict(self._record["config"])

    @property
    def parent(self) -> str | None:
        """The run that this one was forked or made from."""
        parent: str | None = self._record["parent"]
        return parent

    @property
    def provenance(self) -> dict[str, Any]:
        return dict(self._record["provenance"])

    @property
    def finished(self) -> bool:
        return (self.path / "summary.json").is_file()

    @property
    def summary(self) -> Summary:
        """What the run measured.  RequestError while it has not finished."""
        if not self.finished:
            raise RequestError(
                f"{self.path} has not finished; resume it with: armillary train --resume {self.path}"
            )
        return Summary.from_dict(read_json(self.path / "summary.json"))

    def log(self, **row: float | int | str) -> None:
        """Append one record to metrics.jsonl."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row) + "\n")

    def metrics(self) -> Iterator[dict[str, Any]]:
        """Yield the records of metrics.jsonl; a line cut short by a kill is passed over."""
        path = self.path / "metrics.jsonl"
        if not path.exists():
            return
        with path.open(encoding="utf-8") as handle:
            for line in handle:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue

    def add_picture(self, step: int, content: bytes) -> None:
        """Keep a PNG of what the model makes after ``step`` steps."""
        write_bytes(self.path / PICTURES / f"step-{step:06d}.png", content)

    def pictures(self) -> dict[int, Path]:
        """Return the pictures that are kept, by step, in order."""
        paths = (self.path / PICTURES).glob("step-*.png")
        return dict(sorted((int(path.stem.removeprefix("step-")), path) for path in paths))

    def rewind(self, n_records: int) -> None:
        """Keep the first ``n_records`` records: a resumed run writes the later ones again."""
        path = self.path / "metrics.jsonl"
        kept = [json.dumps(row) + "\n" for row in islice(self.metrics(), n_records)]
        if path.exists():
            write_text(path, "".join(kept))

    def finish(self, summary: Summary) -> None:
        """Write the summary, which marks the run as finished."""
        write_json(self.path / "summary.json", dataclasses.asdict(summary))
