"""Why a text has its label: words."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from armillary.core.errors import DataError
from armillary.explanation.question import Question
from armillary.explanation.subjects.base import SUBJECTS, Asked, Subject
from armillary.explanation.subjects.classes import chosen, margin
from armillary.explanation.subjects.tokens import read_as_vectors, with_vectors, words
from armillary.tasks.text_classification import TextClassification


@SUBJECTS.register("text-classification")
def text(task: TextClassification, module: nn.Module, asked: Asked) -> Subject:
    """Return why a text has its label.  DataError for a text without a word."""
    ids = task.read_part(task.learnt_tokenizer.encode_all([asked.raw])[0])
    names, owners = words(task.learnt_tokenizer.pieces(ids.tolist()))
    if not names:
        raise DataError("an empty text has no words that could explain its label; give one")
    tokens = torch.from_numpy(ids.astype("int64"))
    with torch.no_grad():
        scores = module(tokens[None], torch.tensor([len(tokens)]))[0]
    label, other, name = chosen(task.labels, scores, asked)
    vectors, absent, owner = read_as_vectors(module, tokens, owners)

    def answers(model: nn.Module, batch: Tensor) -> Tensor:
        rows = tokens.expand(len(batch), -1)
        lengths = torch.full((len(batch),), len(tokens))
        return margin(with_vectors(model, batch, lambda: model(rows, lengths)), label, other)

    question = Question(module, vectors, absent, owner, answers, len(names))
    return Subject(question, asked.raw, (name,), names)
