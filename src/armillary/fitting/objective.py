"""What a fit minimises: three ways to weigh the residuals ln(measured) - ln(law)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from armillary.core.errors import UnknownNameError


@dataclass(frozen=True)
class Objective(ABC):
    """Base: a sum over observations of a convex function of the residual.

    ``thresholds`` are those of the Huber functions that the solver passes through on its way; the last
    is, or stands for, the objective's own.
    """

    label: ClassVar[str]

    @property
    @abstractmethod
    def thresholds(self) -> tuple[float, ...]:
        """Return the thresholds, the objective's own last."""

    @property
    def description(self) -> str:
        return self.label

    def of(self, residuals: Float[np.ndarray, "*batch points"]) -> Float[np.ndarray, "*batch points"]:
        """Return what each residual contributes."""
        return huber(residuals, self.thresholds[-1])


@dataclass(frozen=True)
class Huber(Objective):
    """Quadratic up to ``delta``, linear beyond: outliers pull with bounded force (Huber 1964)."""

    label: ClassVar[str] = "Huber"
    delta: float = 1e-3

    @property
    def description(self) -> str:
        return f"{self.label} (threshold {self.delta:g})"

    @property
    def thresholds(self) -> tuple[float, ...]:
        return (self.delta,)


@dataclass(frozen=True)
class LeastSquares(Objective):
    """Half the squared residual: the most efficient for errors near normal, and for few points."""

    label: ClassVar[str] = "least squares"

    @property
    def thresholds(self) -> tuple[float, ...]:
        return (math.inf,)


@dataclass(frozen=True)
class LeastAbsolute(Objective):
    """The absolute residual: the limit of Huber's function divided by its threshold."""

    label: ClassVar[str] = "least absolute deviation"

    @property
    def thresholds(self) -> tuple[float, ...]:
        return (1e-3, 1e-5, 1e-7, 1e-9)

    def of(self, residuals: Float[np.ndarray, "*batch points"]) -> Float[np.ndarray, "*batch points"]:
        absolute: np.ndarray = np.abs(residuals)
        return absolute


OBJECTIVES = {"huber": Huber(), "least-squares": LeastSquares(), "least-absolute": LeastAbsolute()}


def objective_named(name: str) -> Objective:
    """Return the objective called ``name``; UnknownNameError lists what there is."""
    if name not in OBJECTIVES:
        raise UnknownNameError("objective", name, OBJECTIVES)
    return OBJECTIVES[name]


def huber(residuals: Float[np.ndarray, "*batch"], threshold: float) -> Float[np.ndarray, "*batch"]:
    """Return r^2/2 where \\|r\\| <= threshold, and threshold (\\|r\\| - threshold/2) beyond."""
    inner = np.minimum(np.abs(residuals), threshold)
    values: np.ndarray = inner * (np.abs(residuals) - 0.5 * inner)
    return values
