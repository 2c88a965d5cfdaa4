"""An explanation of one answer, with what it is worth."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import torch
from torch import nn

from armillary.core.errors import ConfigError
from armillary.explanation.checks import checked
from armillary.explanation.faithfulness import Judge
from armillary.explanation.methods import METHODS, Method
from armillary.explanation.subjects import Asked, Subject
from armillary.explanation.subjects.base import subject_of
from armillary.explanation.verdict import verdict
from armillary.inference import Model, open_model
from armillary.runs.explained import Explanation
from armillary.runs.run import Run

FEW = 32  # features up to which Shapley values take seconds


def explain(run: Run | Path, asked: Asked, method: Method | str | None = None) -> Explanation:
    """Return why ``run`` answers as it does, by ``method``, and what that is worth.

    By default a method that needs no gradients, for those are the most faithful on every family that was
    tried: "shapley" where features are few, else "rise".

    Raises RequestError for a task or input that nothing explains, ConfigError for a method that cannot
    explain this model, UnknownNameError for a label or method that there is not, MissingExtraError where
    gradients are asked for and captum is not installed; else as ``open_model`` and ``Task.answer`` do.
    """
    return Explainer(open_model(run)).explain(asked, method)


class Explainer:
    """A run that is asked why."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.module = model.module.requires_grad_(False)

    def explain(self, asked: Asked, method: Method | str | None = None) -> Explanation:
        """See ``explain``."""
        return self.explanation(self.subject(asked), method)

    def subject(self, asked: Asked) -> Subject:
        """Return an input as a question that methods explain."""
        return subject_of(self.model.task, self.module, asked)

    def explanation(
        self, subject: Subject, method: Method | str | None = None, judge: Judge | None = None
    ) -> Explanation:
        """Return what ``method`` says of ``subject``; ``judge`` where it was made already."""
        question = subject.question
        if method is None:
            method = "shapley" if question.n_features <= FEW else "rise"
        method = METHODS[method]() if isinstance(method, str) else method
        if reason := method.unable(question):
            raise ConfigError(f"{method.kind} cannot explain this: {reason}")
        began = time.perf_counter()
        found = method.attributions(question).double()
        seconds = time.perf_counter() - began
        faithfulness = (judge or Judge.of(question)).judged(found)
        checks = checked(method, question, found, self._fresh)
        worth, reasons = verdict(faithfulness, checks)
        with torch.no_grad():
            scores = question.scores(question.inputs[None])[0].tolist()
        return Explanation(
            run=str(self.model.run.path),
            task=self.model.task.kind,
            method=method.kind,
            input=subject.text,
            answers=subject.answers,
            scores=tuple(scores),
            features=subject.features,
            grid=subject.grid,
            attributions=tuple(map(tuple, found.tolist())),
            faithfulness=faithfulness,
            checks=checks,
            verdict=worth,
            reasons=reasons,
            seconds=seconds,
            picture=base64.b64encode(subject.picture).decode(),
        )

    def _fresh(self, seed: int) -> nn.Module:
        """Return the model as it was before it learnt anything."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = self.model.config.model.build()
        return module.eval().requires_grad_(False)
