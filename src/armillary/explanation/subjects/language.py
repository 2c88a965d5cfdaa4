"""Why a text goes on as it does: words of the prompt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from armillary.core.errors import DataError, RequestError
from armillary.explanation.question import Question, log_odds
from armillary.explanation.subjects.base import SUBJECTS, Asked, Subject
from armillary.explanation.subjects.tokens import by_word, read_as_vectors, with_vectors, words
from armillary.tasks.text_generation import TextGeneration

WRITTEN = 8  # tokens that the model writes where no text is given that it should go on with


@SUBJECTS.register("text-generation")
def language(task: TextGeneration, module: nn.Module, asked: Asked) -> Subject:
    """Return why each word comes next, given the prompt and the words before it."""
    if asked.against is not None:
        raise RequestError("text-generation explains the words that come next, against no other text")
    said = asked.answer or "".join(task.stream(module, asked.raw, max_tokens=WRITTEN, temperature=0.0))
    tokenizer = task.learnt_tokenizer
    later = tokenizer.encode(said)[: task.context - 1]
    prompt = tokenizer.encode(asked.raw)[-(task.context + 1 - len(later)) :]
    names, owners = words(tokenizer.pieces(prompt))
    answers, said_by = words(tokenizer.pieces(later))
    if not names or not answers:
        raise DataError("there is nothing to explain without a word before and a word after; give both")
    tokens = torch.tensor([*prompt, *later])
    vectors, absent, owner = read_as_vectors(module, tokens[:-1], [*owners, *[-1] * (len(later) - 1)])

    def of_words(model: nn.Module, batch: Tensor) -> Tensor:
        rows = tokens.expand(len(batch), -1)
        scores, _ = with_vectors(model, batch, lambda: model(rows[:, :-1], None))
        log_probs = scores[:, -len(later) :].log_softmax(-1)
        wanted = rows[:, -len(later) :, None]
        return by_word(log_odds(log_probs.gather(2, wanted)[:, :, 0]), said_by, len(answers))

    return Subject(Question(module, vectors, absent, owner, of_words, len(names)), asked.raw, answers, names)
