"""What every method of explanation is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from armillary.core.config import Config
from armillary.core.registry import Registry
from armillary.explanation.question import Question

METHODS: Registry[type[Method]] = Registry("method of explanation", "methods")


@dataclass(frozen=True, kw_only=True)
class Method(Config, ABC):
    """A way to share an answer out among the features of its input."""

    registry: ClassVar[Registry[Any] | None] = METHODS
    complete: ClassVar[bool] = False  # whether attributions add up to answer(input) - answer(nothing)
    seed: int = 0  # of what is drawn at random

    @abstractmethod
    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        """Return how much each feature speaks for each answer, in nats where ``complete``.

        Raises ConfigError when the method cannot explain this kind of model.
        """

    def unable(self, question: Question) -> str:  # noqa: ARG002
        """Return why the method cannot explain this kind of model or input; empty where it can."""
        return ""
