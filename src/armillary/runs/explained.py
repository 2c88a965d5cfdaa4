"""Why a model answered as it did, and what that explanation is worth; without the model or torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Worth = Literal["faithful", "weak", "no better than random"]


@dataclass(frozen=True)
class Faithfulness:
    """Whether the answer follows the explanation: features put in, and taken out, the weightiest first."""

    score: float  # nats: area between the curves of putting in and of taking out
    share: float  # score by what all features together are worth to the answer; a random order has 0
    random_low: float  # nats: 95% of random orders score between these
    random_high: float  # nats: the upper end
    beats: float  # share of the random orders with a lower score
    n_random: int  # orders that were tried
    insertion: tuple[float, ...]  # nats: mean answer with more and more features there, none to all
    deletion: tuple[float, ...]  # nats: with fewer and fewer


@dataclass(frozen=True)
class Checks:
    """What else can be wrong with an explanation."""

    completeness_gap: float | None  # share of the answer that attributions miss; null: none is promised
    stability: float  # rank correlation with explanations of the input under a little noise
    with_random_weights: float  # rank correlation with explanations of models that learnt nothing


@dataclass(frozen=True)
class Explanation:
    """An answer of a run, shared out among the features of its input."""

    run: str  # the run's folder
    task: str  # what the run was trained for
    method: str  # as `list methods` has it
    input: str  # as text, or the name of what it is
    answers: tuple[str, ...]  # what is explained: a label, or the words that were written or heard
    scores: tuple[float, ...]  # nats: how much the model's output speaks for each answer
    features: tuple[str, ...]  # words, or where a part of a picture is
    grid: tuple[int, int] | None  # rows and columns of the features where they make up a picture; null: words
    attributions: tuple[tuple[float, ...], ...]  # of each answer: how much each feature speaks for it
    faithfulness: Faithfulness
    checks: Checks
    verdict: Worth  # in words
    reasons: tuple[str, ...]  # why no better
    seconds: float  # that the attributions took, without the checks
    picture: str = field(default="", repr=False)  # PNG, in base64, of an input that can be seen


@dataclass(frozen=True)
class Ranked:
    """How one method fares over many inputs of a run."""

    method: str  # as `list methods` has it
    share: float  # the areas of all inputs together over what they are worth
    low: float  # 95% interval of the share, from a bootstrap over inputs
    high: float
    faithful: float  # share of the inputs whose explanation is faithful
    useless: float  # share of the inputs whose explanation is no better than random
    stability: float  # mean over inputs, as in ``Checks``
    with_random_weights: float  # mean over inputs, as in ``Checks``
    seconds: float  # mean time of one explanation, without its checks


@dataclass(frozen=True)
class Ranking:
    """Methods of explanation on the same inputs of a run, the most faithful first."""

    run: str  # the run's folder
    task: str  # what the run was trained for
    n_inputs: int  # that were explained
    n_left_out: int  # that could not be: nothing to explain, or too long
    methods: tuple[Ranked, ...]
