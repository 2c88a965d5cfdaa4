"""A law: a parametric curve whose dataclass fields are its parameters.

A new law is one file::

    @LAWS.register("power-law")
    @dataclass(frozen=True)
    class PowerLaw(Law):
        inputs = ("train_flops",)
        E: Parameter = coefficient()
        A: Parameter = coefficient()
        alpha: Parameter = positive(0.02, 0.8)

        def __call__(self, train_flops):
            return self.E + self.A * power(train_flops, -self.alpha)

        def in_units(self, flop):
            return replace(self, A=self.A * power(flop, -self.alpha))

A package of its own adds one by an entry point in the group ``armillary.laws``::

    [project.entry-points."armillary.laws"]
    my-law = "my_package.laws:MyLaw"

after which `armillary fit RUNS --law my-law` fits, back-tests and extrapolates it.  The class sets ``name``
to the entry point's, and ``inputs`` to what it takes of n_params, n_tokens, train_flops, n_unique_tokens.

An instance is a fitted law.  Fields may also hold columns of shape (batch, 1): the same call then
evaluates many parameter sets at once, and returns (batch, points).
"""

from __future__ import annotations

import dataclasses
import functools
import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Values = float | NDArray[Any]  # a number, or an array of them: (points,) or (batch, points)
Parameter = Values  # a number, or a column of them: (batch, 1)
_STEP = 1e-200  # of the complex-step derivative: it subtracts nothing, so it may be as small as this


def coefficient(*, share: float | None = None, spread: float = math.inf) -> Any:
    """Declare a parameter above zero that multiplies a term of the law, fitted as its logarithm.

    Starts take its best value for the other parameters, so that no range has to know the data's units.
    ``share`` is its usual share of the smallest loss and ``spread`` the standard deviation of the
    logarithm of that: the weak prior that few observations are fitted with.
    """
    return _domain("log", 0.0, math.inf, share, spread, linear=True)


def positive(low: float, high: float, *, typical: float | None = None, spread: float = math.inf) -> Any:
    """Declare a parameter above zero, fitted as its logarithm; starts are drawn from ``low`` to ``high``.

    ``typical`` is its usual value and ``spread`` the standard deviation of its logarithm (weak prior).
    """
    return _domain("log", low, high, typical, spread)


def real(low: float, high: float, *, typical: float | None = None, spread: float = math.inf) -> Any:
    """Declare a parameter of either sign, fitted as it is; starts are drawn from ``low`` to ``high``."""
    return _domain("identity", low, high, typical, spread)


def _domain(
    scale: str, low: float, high: float, typical: float | None, spread: float, linear: bool = False
) -> Any:
    return dataclasses.field(
        metadata={
            "scale": scale,
            "low": low,
            "high": high,
            "typical": typical,
            "spread": spread,
            "linear": linear,
        }
    )


def power(x: Values, exponent: Parameter) -> Values:
    """Return ``x**exponent``; the logarithm is taken once for all parameter sets."""
    result: Values = np.exp(exponent * np.log(x))
    return result


def geometric_mean(column: NDArray[np.float64]) -> float:
    """Return the geometric mean of values above zero."""
    return float(np.exp(np.log(column).mean()))


def softplus(u: Values) -> Values:
    """Return ln(1 + e^u) without overflow; it passes a complex step through."""
    above = np.where(np.asarray(u).real > 0, u, 0.0)
    result: Values = above + np.log1p(np.exp(u - 2 * above))
    return result


@dataclasses.dataclass(frozen=True)
class Domain:
    """How one parameter is transformed for fitting, and where starts are looked for."""

    name: str
    scale: Literal["log", "identity"]
    low: float
    high: float
    typical: float | None  # of a coefficient: its share of the smallest loss
    spread: float
    linear: bool


@runtime_checkable
@runtime_checkable
class Curve(Protocol):
    """What a prediction is made with: one fitted law, or a blend of several."""

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> tuple[str, ...]: ...
    @property
    def defaults(self) -> Mapping[str, str]: ...
    @property
    def formula(self) -> str: ...
    @property
    def citation(self) -> str: ...
    def __call__(self, *inputs: Any, **named: Any) -> Values: ...
    def to_dict(self) -> dict[str, Any]: ...


@dataclasses.dataclass(frozen=True)
class Law:
    """Base of every law: loss [nats per unit] as a function of ``inputs``."""

    name: ClassVar[str] = ""
    inputs: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, str]] = {}  # an input that may be left out, and the one it then equals
    formula: ClassVar[str] = ""
    citation: ClassVar[str] = ""

    @abstractmethod
    def __call__(self, *inputs: Any, **named: Any) -> Values:
        """Return the loss at ``inputs`` (in the order of the class's ``inputs``)."""

    def gradient(self, *inputs: Any, **named: Any) -> tuple[Values, ...]:
        """Return dL/dp for every field p, in order.

        The default is the complex-step derivative (Squire & Trapp 1998), exact to rounding; a law
        overrides it with its formula for speed.
        """
        fields = self.to_dict()
        return tuple(
            type(self)(**(fields | {name: np.atleast_1d(value) + 1j * _STEP}))(*inputs, **named).imag / _STEP
            for name, value in fields.items()
        )

    @abstractmethod
    def in_units(self, *units: Any, **named: Any) -> Self:
        """Return the same curve for inputs that are measured in ``units``.

        Fits are made with inputs in units of their geometric mean, where a coefficient and its exponent
        are nearly independent; N in units of one parameter makes them a long curved valley.
        """

    @classmethod
    def units(cls, *inputs: NDArray[np.float64]) -> tuple[float, ...]:
        """Return the units that ``inputs`` are fitted in: their geometric means.

        A law that compares two of its inputs overrides it to give both the same unit.
        """
        return tuple(geometric_mean(column) for column in inputs)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    @classmethod
    @functools.cache  # asked for at every step of a fit
    def domains(cls) -> tuple[Domain, ...]:
        """Return the parameters' domains in field order."""
        return tuple(Domain(name=f.name, **f.metadata) for f in dataclasses.fields(cls))

    @classmethod
    def from_theta(cls, theta: Float[np.ndarray, "*batch params"]) -> Self:
        """Build from transformed parameters: one law from a vector, a batch of laws from rows."""
        columns = []
        for i, domain in enumerate(cls.domains()):
            column = theta[..., i, None] if theta.ndim > 1 else float(theta[i])
            columns.append(_untransformed(column, domain))
        return cls(*columns)

    def theta(self) -> Float[np.ndarray, "*batch params"]:
        """Return the transformed parameters: a vector of one law, rows of a batch of them."""
        columns = []
        for domain in self.domains():
            value = np.asarray(getattr(self, domain.name))
            columns.append(np.log(value) if domain.scale == "log" else value)
        return np.stack(columns) if columns[0].ndim == 0 else np.concatenate(columns, axis=1)


def _untransformed(value: Parameter, domain: Domain) -> Parameter:
    if domain.scale == "identity":
        return value
    return float(np.exp(value)) if isinstance(value, float) else np.exp(value)


def log_loss_and_jacobian(
    law: type[Law],
    theta: Float[np.ndarray, "batch params"],
    inputs: tuple[Float[np.ndarray, " points"], ...],
) -> tuple[Float[np.ndarray, "batch points"], Float[np.ndarray, "batch params points"]]:
    """Return ln L and its derivatives with respect to the transformed parameters.

    d(ln L)/d(theta) = dL/dp * dp/d(theta) / L, where dp/d(theta) is p on a logarithmic scale and 1 otherwise.
    """
    member = law.from_theta(theta)
    loss = member(*inputs)
    jacobian = np.empty((len(theta), theta.shape[1], len(inputs[0])))
    for i, (domain, slope) in enumerate(zip(law.domains(), member.gradient(*inputs), strict=True)):
        inner = getattr(member, domain.name) if domain.scale == "log" else 1.0
        np.multiply(slope, inner / loss, out=jacobian[:, i])
    return np.log(loss), jacobian


def columns_of(law: type[Law] | Curve, inputs: Mapping[str, Any]) -> tuple[Float[np.ndarray, ...], ...]:
    """Return the inputs of ``law`` as arrays in its order.  KeyError when one is missing."""
    found = (inputs[name if name in inputs else law.defaults.get(name, name)] for name in law.inputs)
    return tuple(np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in found)
