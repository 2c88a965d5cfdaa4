"""Whether answers follow an explanation: deletion and insertion, beside random ones of the same shape.

The features are put in one after the other, the weightiest first (insertion), and taken out in the same
order (deletion; Petsiuk et al. 2018).  Where they are what the answer is due to, the first curve rises
early and the second falls early.  The score is the area between them over the share of features, in nats.
For a random order it is 0 on average, exactly: its first k features are as random a set as its last k.

Random orders are those of a random attribution of the same shape.  An explanation that is no better than
they are says nothing, however convincing its picture looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from armillary.explanation.methods.perturbation import growing
from armillary.explanation.question import Question
from armillary.runs.explained import Faithfulness

STAGES = 16  # of a curve, at most
N_RANDOM = 60  # orders


@dataclass(frozen=True, eq=False)
class Judge:
    """What faithfulness is measured against, made once for a question and all of its explanations."""

    question: Question
    stages: Int[Tensor, " stages"]  # numbers of features that are there
    random: Float[np.ndarray, " orders"]  # scores of random orders, the mean over answers
    worth: float  # nats: what all features together add to an answer, the mean over answers

    @classmethod
    def of(cls, question: Question, seed: int = 0, n_random: int = N_RANDOM) -> Judge:
        """Return the judge of a question, with the scores of random orders."""
        n = question.n_features
        stages = torch.linspace(0, n, min(n, STAGES) + 1).round().long()
        dice = torch.Generator().manual_seed(seed)
        orders = [torch.randperm(n, generator=dice) for _ in range(n_random)]
        ends = question.with_features(torch.tensor([[False] * n, [True] * n])).double()
        random = [float(_area(*_curves(question, order, stages), stages).mean()) for order in orders]
        return cls(question, stages, np.array(random), float((ends[1] - ends[0]).mean()))

    def judged(self, attributions: Float[Tensor, "answers features"]) -> Faithfulness:
        """Return how faithful ``attributions`` are; each answer's features are ordered by its own."""
        curves = []
        for row, values in enumerate(attributions):
            order = values.argsort(descending=True, stable=True)
            inserted, deleted = _curves(self.question, order, self.stages)
            curves.append((inserted[:, row], deleted[:, row]))
        insertion = torch.stack([inserted for inserted, _ in curves], 1)
        deletion = torch.stack([deleted for _, deleted in curves], 1)
        score = float(_area(insertion, deletion, self.stages).mean())
        low, high = np.quantile(self.random, (0.025, 0.975))
        return Faithfulness(
            score=score,
            share=score / self.worth if self.worth > 0 else 0.0,
            random_low=float(low),
            random_high=float(high),
            beats=float(np.mean(self.random < score)),
            n_random=len(self.random),
            insertion=tuple(insertion.mean(1).tolist()),
            deletion=tuple(deletion.mean(1).tolist()),
        )


def _curves(
    question: Question, order: Int[Tensor, " features"], stages: Int[Tensor, " stages"]
) -> tuple[Float[Tensor, "stages answers"], Float[Tensor, "stages answers"]]:
    """Return the answers with the first features of ``order`` alone, and without them."""
    present: Bool[Tensor, "stages features"] = growing(order)[stages]
    scores = question.with_features(torch.cat([present, ~present])).double()
    return scores[: len(stages)], scores[len(stages) :]


def _area(
    insertion: Float[Tensor, "stages answers"],
    deletion: Float[Tensor, "stages answers"],
    stages: Int[Tensor, " stages"],
) -> Float[Tensor, " answers"]:
    return torch.trapezoid(insertion - deletion, stages.double() / int(stages[-1]), dim=0)
