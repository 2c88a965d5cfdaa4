"""Why a translation or summary has its words: words of the source."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.errors import DataError
from armillary.explanation.question import Question, log_odds
from armillary.explanation.subjects.base import SUBJECTS, Asked, Subject
from armillary.explanation.subjects.tokens import by_word, read_as_vectors, with_vectors, words
from armillary.tasks.sequence_to_sequence import SequenceToSequence
from armillary.tasks.writers import Tokens


@SUBJECTS.register("translation")
@SUBJECTS.register("summarization")
def pair(task: SequenceToSequence, module: nn.Module, asked: Asked) -> Subject:
    """Return why each word was written, given those before it; or why a text and not another, as a whole."""
    raw = task.check_text(asked.raw)
    written = task.written(module, [raw])[0][0].text if asked.answer is None else asked.answer
    source, target = task.encode([raw, written])
    source, target = task.read_part(source), target[: task.max_target]
    tokenizer = task.learnt_tokenizer
    names, owners = words(tokenizer.pieces(source.tolist()))
    said, said_by = words(tokenizer.pieces(target.tolist()))
    if not names or not said:
        raise DataError("there is nothing to explain where a side has no word; give a text that has some")
    tokens = torch.from_numpy(source.astype("int64"))
    vectors, absent, owner = read_as_vectors(module, tokens, owners)
    rows = [target] if asked.against is None else [target, task.encode([asked.against])[0][: task.max_target]]

    def answers(model: nn.Module, batch: Tensor) -> Tensor:
        of_tokens = [_log_probs(model, batch, tokens, row) for row in rows]
        if len(of_tokens) == 2:
            return (of_tokens[0].sum(1) - of_tokens[1].sum(1))[:, None]
        return by_word(log_odds(of_tokens[0]), said_by, len(said))

    question = Question(module, vectors, absent, owner, answers, len(names))
    if asked.against is not None:
        said = (f"{written}, not {asked.against}",)
    return Subject(question, raw, said, names)


def _log_probs(
    model: nn.Module,
    vectors: Float[Tensor, "batch source d_model"],
    source: Int[Tensor, " source"],
    row: Tokens,
) -> Float[Tensor, "batch target"]:
    """Return ln p of each token of ``row``, given the source as ``vectors`` and the tokens before it."""
    n = len(vectors)
    targets = torch.from_numpy(row.astype("int64")).expand(n, -1)
    sources, lengths = source.expand(n, -1), torch.full((n,), len(source))
    scores: Tensor = with_vectors(model, vectors, lambda: model(sources, lengths, targets))
    return scores.log_softmax(-1).gather(2, targets[:, :, None])[:, :, 0]
