"""An input of a task as something that can be explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from armillary.core.errors import RequestError
from armillary.core.registry import Registry
from armillary.explanation.question import Question
from armillary.tasks import Task


@dataclass(frozen=True)
class Asked:
    """What to explain of an input: by default what the model answers."""

    raw: Any  # the input as ``Task.answer`` takes it
    answer: str | None = None  # another answer than the model's own
    against: str | None = None  # why the answer and not this one


@dataclass(frozen=True, eq=False)
class Subject:
    """A question, and the words for what it is about."""

    question: Question
    text: str  # the input as text, or what it is where it is none
    answers: tuple[str, ...]  # what is explained, in the order of the question's answers
    features: tuple[str, ...]
    grid: tuple[int, int] | None = None  # rows and columns of the features, where they are parts of a picture
    picture: bytes = b""  # PNG of an input that can be seen


SUBJECTS: Registry[Callable[[Any, nn.Module, Asked], Subject]] = Registry("task to explain", "subjects")


def subject_of(task: Task, module: nn.Module, asked: Asked) -> Subject:
    """Return what is to be explained; RequestError for a task whose answers nothing explains yet."""
    if task.kind not in SUBJECTS:
        raise RequestError(
            f"answers of {task.kind} cannot be explained; those of these tasks can: {', '.join(SUBJECTS)}"
        )
    return SUBJECTS[task.kind](task, module, asked)


def name_of(raw: Any, what: str) -> str:
    """Return what to call an input that is no text: its file, or ``what`` it is."""
    return Path(raw).name if isinstance(raw, str | Path) else what
