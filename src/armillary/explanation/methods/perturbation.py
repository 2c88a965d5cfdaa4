"""Methods that take features away and look what becomes of the answers; they need no gradient.

All answers are looked at in one pass, which is why these are not captum's: it explains one at a time, and a
translation has as many answers as words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from armillary.core.errors import ConfigError
from armillary.explanation.methods.base import METHODS, Method
from armillary.explanation.question import Question


@METHODS.register("occlusion")
@dataclass(frozen=True, kw_only=True)
class Occlusion(Method):
    """What an answer loses when one feature is taken away (Zeiler & Fergus 2014)."""

    kind: ClassVar[str] = "occlusion"

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        all_but_one = ~torch.eye(question.n_features + 1, question.n_features, dtype=torch.bool)
        scores = question.with_features(all_but_one).double()
        return (scores[-1] - scores[:-1]).T


@METHODS.register("shapley")
@dataclass(frozen=True, kw_only=True)
class Shapley(Method):
    """What a feature adds to those before it, the mean over random orders (Shapley values).

    Castro et al. (2009); every order is also gone through backwards, which cancels much of the noise
    (Mitchell et al. 2022).
    """

    kind: ClassVar[str] = "shapley"
    complete: ClassVar[bool] = True
    n_orders: int = 16  # pairs of orders, one the other backwards

    def __post_init__(self) -> None:
        if self.n_orders < 1:
            raise ConfigError(f"n_orders takes 1 or more, got {self.n_orders}")

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        dice = torch.Generator().manual_seed(self.seed)
        orders = [torch.randperm(question.n_features, generator=dice) for _ in range(self.n_orders)]
        both = [each for order in orders for each in (order, order.flip(0))]
        return torch.stack([_added(question, order) for order in both]).mean(0)


def _added(question: Question, order: Tensor) -> Float[Tensor, "answers features"]:
    """Return what each feature adds to those that stand before it in ``order``."""
    scores = question.with_features(growing(order)).double()
    added = torch.empty(question.n_features, scores.shape[1], dtype=torch.float64)
    added[order] = scores.diff(dim=0)
    return added.T


def growing(order: Tensor) -> Bool[Tensor, "stages features"]:
    """Return which features are there when none is, the first of ``order``, the first two, ..., all."""
    n = len(order)
    present = torch.empty(n + 1, n, dtype=torch.bool)
    present[:, order] = torch.ones(n + 1, n, dtype=torch.bool).tril(-1)
    return present


@METHODS.register("rise")
@dataclass(frozen=True, kw_only=True)
class Rise(Method):
    """The answer with a feature there, less the answer without it, over random halves (Petsiuk et al. 2018).

    Masks are drawn feature by feature, each with its opposite.
    """

    kind: ClassVar[str] = "rise"
    n_masks: int = 512
    share: float = 0.5  # of the features that are there

    def __post_init__(self) -> None:
        if self.n_masks < 2 or not 0 < self.share < 1:
            raise ConfigError(
                f"n_masks takes 2 or more and share is between 0 and 1, got {self.n_masks} and {self.share}"
            )

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        dice = torch.Generator().manual_seed(self.seed)
        drawn = torch.rand(self.n_masks // 2, question.n_features, generator=dice)
        present = torch.cat([drawn < self.share, 1 - drawn < self.share])
        scores = question.with_features(present).double()
        there = present.double()
        without = ((1 - there).T @ scores) / (1 - there).sum(0)[:, None].clamp(min=1)
        return ((there.T @ scores) / there.sum(0)[:, None].clamp(min=1) - without).T
