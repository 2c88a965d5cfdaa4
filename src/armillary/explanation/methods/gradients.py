"""Methods that follow the gradient of an answer back to the input; captum does the work."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from armillary.core.errors import ConfigError, MissingExtraError
from armillary.explanation.methods.base import METHODS, Method
from armillary.explanation.question import Batch, Question

Forward = Callable[[Batch], Float[Tensor, " batch"]]


@functools.cache
def captum() -> Any:
    """Return the package ``captum.attr``; MissingExtraError where it is not installed."""
    try:
        import captum.attr
    except ImportError as error:
        raise MissingExtraError("explanations by gradients", "captum", "explain") from error
    return captum.attr


def each_answer(
    question: Question, attribute: Callable[[Forward], Float[Tensor, "*shape"]]
) -> Float[Tensor, "answers features"]:
    """Return for each answer by itself the sums of ``attribute`` over each feature."""
    with torch.no_grad():
        n_answers = question.scores(question.inputs[None]).shape[1]

    def of(row: int) -> Float[Tensor, " features"]:
        return question.by_feature(attribute(lambda inputs: question.scores(inputs)[:, row]))

    return torch.stack([of(row) for row in range(n_answers)])


@METHODS.register("gradient-x-input")
@dataclass(frozen=True, kw_only=True)
class GradientTimesInput(Method):
    """The gradient times how far the input is from nothing: what a linear model would have used."""

    kind: ClassVar[str] = "gradient-x-input"

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        def attribute(forward: Forward) -> Tensor:
            inputs = question.inputs[None].requires_grad_()
            gradient: Tensor = captum().Saliency(forward).attribute(inputs, abs=False)[0]
            return gradient * (question.inputs - question.absent)

        return each_answer(question, attribute)


@METHODS.register("integrated-gradients")
@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(Method):
    """The mean gradient on the straight way from nothing to the input (Sundararajan et al. 2017)."""

    kind: ClassVar[str] = "integrated-gradients"
    complete: ClassVar[bool] = True
    n_steps: int = 48  # points of the Gauss-Legendre rule along the way

    def __post_init__(self) -> None:
        if self.n_steps < 1:
            raise ConfigError(f"n_steps takes 1 or more, got {self.n_steps}")

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        inputs, absent = question.inputs[None], question.absent[None]
        return each_answer(
            question,
            lambda forward: (
                captum().IntegratedGradients(forward).attribute(inputs, absent, n_steps=self.n_steps)[0]
            ),
        )


@METHODS.register("smoothgrad")
@dataclass(frozen=True, kw_only=True)
class SmoothGrad(Method):
    """Gradient times input, the gradient being the mean over noisy inputs (Smilkov et al. 2017)."""

    kind: ClassVar[str] = "smoothgrad"
    n_samples: int = 32
    noise: float = 0.15  # standard deviation, as a share of the range of the input

    def __post_init__(self) -> None:
        if self.n_samples < 1 or not 0 < self.noise <= 1:
            raise ConfigError(
                f"n_samples takes 1 or more and noise a share above 0, got {self.n_samples} and {self.noise}"
            )

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        inputs = question.inputs[None]
        deviation = self.noise * float(inputs.max() - inputs.min())

        def attribute(forward: Forward) -> Tensor:
            noisy = captum().NoiseTunnel(captum().Saliency(forward))
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                gradient: Tensor = noisy.attribute(
                    inputs, nt_type="smoothgrad", nt_samples=self.n_samples, stdevs=deviation, abs=False
                )[0]
            return gradient * (question.inputs - question.absent)

        return each_answer(question, attribute)
