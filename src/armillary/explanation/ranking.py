"""Which method explains a run best: all of them on the same inputs of its test split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from armillary.core.errors import DataError, RequestError
from armillary.data.base import Document, LabelledImage, LabelledText, Recording, TextPair
from armillary.explanation.explain import Explainer
from armillary.explanation.faithfulness import Judge
from armillary.explanation.methods import METHODS
from armillary.explanation.subjects import Asked, Subject
from armillary.inference import Model
from armillary.runs.explained import Explanation, Ranked, Ranking

N_INPUTS = 8
N_RESAMPLES = 2000
PROMPT = 40  # words of a document that a model of language is asked to go on from

RAW: dict[type, Callable[[Any], Any]] = {
    LabelledImage: lambda example: example.pixels,
    LabelledText: lambda example: example.text,
    TextPair: lambda example: example.source,
    Document: lambda example: " ".join(example.text.split()[:PROMPT]),
    Recording: lambda example: example.audio,
}


def rank(
    model: Model,
    methods: Sequence[str] = (),
    n_inputs: int = N_INPUTS,
    say: Callable[[str], None] = lambda _: None,
) -> Ranking:
    """Return how ``methods`` (none: all that can) explain inputs that lie evenly over the test split.

    ``say`` is told of each input that is done.  Raises RequestError when no input or no method is left.
    """
    if n_inputs < 1:
        raise RequestError(f"methods are compared on 1 input or more, got {n_inputs}")
    explainer = Explainer(model)
    found, n_left_out, n_done = dict[str, list[Explanation]](), 0, 0
    for subject in _subjects(explainer, n_inputs):
        if subject is None:
            n_left_out += 1
            continue
        judge = Judge.of(subject.question)
        for name in methods or METHODS:
            if methods or not METHODS[name]().unable(subject.question):
                found.setdefault(name, []).append(explainer.explanation(subject, name, judge))
        n_done += 1
        say(f"{n_done + n_left_out} of {n_inputs} inputs explained")
    if not found:
        raise RequestError(f"none of {n_left_out} inputs of the test split could be explained")
    ranked = [_ranked(name, explanations) for name, explanations in found.items()]
    ranked.sort(key=lambda each: -each.share)
    return Ranking(str(model.run.path), model.task.kind, n_done, n_left_out, tuple(ranked))


def _subjects(explainer: Explainer, n_inputs: int) -> Iterator[Subject | None]:
    """Yield inputs spread over the test split; None for one with nothing to explain."""
    examples = explainer.model.task.source.split("test")
    for place in np.linspace(0, len(examples) - 1, min(n_inputs, len(examples))).round().astype(int):
        example = examples[int(place)]
        try:
            yield explainer.subject(Asked(RAW[type(example)](example)))
        except DataError:
            yield None


def _ranked(name: str, explanations: Sequence[Explanation]) -> Ranked:
    curves = [each.faithfulness for each in explanations]
    areas = np.array([each.score for each in curves])
    worth = np.array([each.insertion[-1] - each.insertion[0] for each in curves])
    low, high = _interval(areas, worth)
    return Ranked(
        method=name,
        share=_share(areas, worth),
        low=low,
        high=high,
        faithful=_share_of(explanations, "faithful"),
        useless=_share_of(explanations, "no better than random"),
        stability=float(np.mean([each.checks.stability for each in explanations])),
        with_random_weights=float(np.mean([each.checks.with_random_weights for each in explanations])),
        seconds=float(np.mean([each.seconds for each in explanations])),
    )


def _share_of(explanations: Sequence[Explanation], verdict: str) -> float:
    return float(np.mean([each.verdict == verdict for each in explanations]))


def _share(areas: Float[np.ndarray, " inputs"], worth: Float[np.ndarray, " inputs"]) -> float:
    """Return all areas over all that inputs are worth; one worth nearly nothing does not count most."""
    return float(areas.sum() / max(worth.sum(), 1e-9))


def _interval(
    areas: Float[np.ndarray, " inputs"], worth: Float[np.ndarray, " inputs"]
) -> tuple[float, float]:
    """Return the 95% interval of their share, from a bootstrap over inputs."""
    dice = np.random.default_rng(0)
    drawn = dice.integers(len(areas), size=(N_RESAMPLES, len(areas)))
    low, high = np.quantile([_share(areas[rows], worth[rows]) for rows in drawn], (0.025, 0.975))
    return float(low), float(high)
