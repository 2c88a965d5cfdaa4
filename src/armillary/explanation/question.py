"""What is explained: numbers that a model gives to one input, as a function of what it is given.

A *feature* is what an explanation speaks of: a word, a patch of an image, a stretch of a band of sound.
It is made of numbers that a model is given (the vector of a word's tokens, pixels, log-mels), and is taken
away by putting in their place what stands for nothing.

An *answer* is a number to be explained, in nats: how much the model's output speaks for what it said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

AT_ONCE = 2**21  # numbers of inputs that a model is given at a time, about

Given = Float[Tensor, "*shape"]
Batch = Float[Tensor, "batch *shape"]
Answers = Callable[[nn.Module, Batch], Float[Tensor, "batch answers"]]


@dataclass(frozen=True, eq=False)
class Question:
    """One input of a model, cut into features, and the answers that are to be explained."""

    module: nn.Module
    inputs: Given
    absent: Given  # what stands for nothing
    owners: Int[Tensor, "*shape"]  # the feature that each number belongs to; -1: none, it is always there
    answers: Answers
    n_features: int

    def of(self, module: nn.Module) -> Question:
        """Return the same question to another model."""
        return dataclasses.replace(self, module=module)

    def moved(self, inputs: Given) -> Question:
        """Return the same question about other numbers, of the same features."""
        return dataclasses.replace(self, inputs=inputs)

    def scores(self, inputs: Batch) -> Float[Tensor, "batch answers"]:
        """Return the answers to inputs that are given as they stand; differentiable."""
        return self.answers(self.module, inputs)

    def with_features(self, present: Bool[Tensor, "batch features"]) -> Float[Tensor, "batch answers"]:
        """Return the answers where only some features are there."""
        n = max(1, AT_ONCE // max(1, self.inputs.numel()))
        with torch.no_grad():
            return torch.cat([self.scores(self.showing(chunk)) for chunk in present.split(n)])

    def showing(self, present: Bool[Tensor, "batch features"]) -> Batch:
        """Return the inputs that have some features alone."""
        always = torch.ones(len(present), 1, dtype=torch.bool)
        there = torch.cat([present, always], 1)[:, self.owners.flatten()].view(-1, *self.inputs.shape)
        return torch.where(there, self.inputs, self.absent)

    def by_feature(self, values: Given) -> Float[Tensor, " features"]:
        """Return the sum of ``values``, one for each number of the input, over each feature."""
        sums = torch.zeros(self.n_features + 1, dtype=torch.float64)
        places = self.owners.where(self.owners >= 0, self.n_features).flatten()
        return sums.index_add(0, places, values.detach().double().flatten())[:-1]


def log_odds(log_probs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return ln(p / (1 - p)) of ln p.

    Unlike ln p it goes on growing where a model is sure, so that taking half of the evidence away is seen.
    What rounding makes 1 is counted as 1 - 1e-6.
    """
    bounded = log_probs.clamp(max=-1e-6)
    return bounded - torch.log(-torch.expm1(bounded))
