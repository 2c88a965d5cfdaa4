"""ladder.json: what a ladder is, in plain values that the numeric half reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from armillary.core.errors import RequestError
from armillary.core.files import read_json, write_json
from armillary.scaling.ladder.config import LadderConfig
from armillary.scaling.ladder.rungs import Rung

FORMAT = 1


def refuse_existing(folder: Path) -> None:
    """Raise RequestError when ``folder`` holds a ladder: two of them would mix their runs."""
    if (folder / "ladder.json").exists():
        raise RequestError(f"{folder} holds a ladder already; go on with it by --resume {folder}")


class Record:
    """The file ladder.json of a ladder's folder; every change is written at once."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.folder = folder
        self.data = data

    @classmethod
    def create(cls, folder: Path, ladder: LadderConfig, rungs: list[Rung], extra: dict[str, Any]) -> Record:
        """Write a new ladder's file.  RequestError when the folder holds one already."""
        refuse_existing(folder)
        task = ladder.base.task
        data = {
            "format": FORMAT,
            "name": ladder.name,
            "task": task.kind,
            "unit": task.unit,
            "source": {
                "kind": task.source.kind,
                "licence": task.source.licence,
                "citation": task.source.citation,
                "n_tokens": extra.pop("source_tokens"),
            },
            "baselines": {},
            "rungs": [rung.row() for rung in rungs],
            "config": ladder.to_dict(),
            **extra,
        }
        record = cls(folder, data)
        record.write()
        return record

    @classmethod
    def open(cls, folder: Path) -> Record:
        """Read an existing ladder's file."""
        if not (folder / "ladder.json").is_file():
            raise RequestError(f"{folder} is not a ladder (it has no ladder.json)")
        return cls(folder, read_json(folder / "ladder.json"))

    @property
    def ladder(self) -> LadderConfig:
        return LadderConfig.from_dict(self.data["config"])

    def add(self, rungs: list[Rung]) -> None:
        """Enter rungs that are not there yet."""
        known = {row["name"] for row in self.data["rungs"]}
        self.data["rungs"] += [rung.row() for rung in rungs if rung.name not in known]
        self.write()

    def set(self, **fields: Any) -> None:
        """Set fields of the file."""
        self.data.update(fields)
        self.write()

    def write(self) -> None:
        write_json(self.folder / "ladder.json", self.data)

    def run_path(self, name: str) -> Path:
        """Return where the run of the rung called ``name`` lives."""
        return self.folder / "rungs" / name
