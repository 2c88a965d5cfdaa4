"""A run in the format of another library: written, opened there, compared, and only then kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from torch import nn

from armillary.core.config import Config
from armillary.core.errors import ExportError, RequestError
from armillary.core.files import atomic_path
from armillary.core.registry import Registry
from armillary.export.parity import Exported, Parity, compare
from armillary.inference import Model, open_model
from armillary.runs.run import Run
from armillary.tasks.sequence_to_sequence import SequenceToSequence

EXPORTERS: Registry[type[Exporter]] = Registry("export format", "exporters")


@dataclass(frozen=True, kw_only=True)
class Exporter(Config, ABC):
    """A format, and what can be chosen about it."""

    registry: ClassVar[Registry[Any] | None] = EXPORTERS

    @abstractmethod
    def refusal(self, module: nn.Module) -> str:
        """Return why this format cannot hold ``module`` and what could be done, or nothing."""

    @abstractmethod
    def write(self, model: Model, task: SequenceToSequence, folder: Path) -> None:
        """Write ``model`` into ``folder``, which is empty."""

    @abstractmethod
    def opened(self, folder: Path, task: SequenceToSequence) -> Exported:
        """Open what was written, with the library whose format it is.  MissingExtraError without it."""

    @abstractmethod
    def difference(self, parity: Parity) -> str:
        """Return in what an export differs from its run by more than this format may, or nothing."""


@dataclass(frozen=True)
class Export:
    """A run in another format."""

    path: Path  # the folder
    parity: Parity  # of the run and of the folder, opened by the library whose format it is
    dequantized: (
        str | None
    )  # the scheme of a quantized run, whose codes were multiplied out; None: of another


def export(run: Run | Path, exporter: Exporter, out: Path) -> Export:
    """Write ``run`` to the folder ``out`` in the format of ``exporter``.

    The folder is compared with the run before it appears.  Raises ExportError when they answer differently,
    RequestError when the format cannot hold the model or ``out`` holds something, and as ``open_model``.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(f"{out} holds something already; delete it, or name another folder with --out")
    model = open_model(run)
    task = exportable(model, exporter)
    with atomic_path(out) as part:
        part.mkdir()
        exporter.write(model, task, part)
        parity = compare(model.module, task, exporter.opened(part, task))
        if difference := exporter.difference(parity):
            raise ExportError(
                f"{model.run.path} as {exporter.kind} would answer differently: {difference}; "
                "nothing was kept"
            )
    scheme = model.config.quantization
    return Export(out, parity, None if scheme is None else scheme.label)


def exportable(model: Model, exporter: Exporter) -> SequenceToSequence:
    """Return the task of ``model``; RequestError when ``exporter`` cannot hold the model."""
    name = f"{model.run.path} ({model.config.model.kind} for {model.task.kind})"
    if not isinstance(model.task, SequenceToSequence):
        raise RequestError(f"{name} has no export: {_able()} take runs of translation and summarization")
    if reason := exporter.refusal(model.module):
        others = [kind for kind in EXPORTERS if not EXPORTERS[kind]().refusal(model.module)]
        hint = f"{' and '.join(others)} can" if others else "no other format can either"
        raise RequestError(f"{exporter.kind} cannot hold {name}: {reason}; {hint}")
    return model.task


def _able() -> str:
    return " and ".join(EXPORTERS)
