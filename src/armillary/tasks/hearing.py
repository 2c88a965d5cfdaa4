"""What a model of recordings hears: texts with their scores, and when each word was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from armillary.data.audio import RATE, Samples
from armillary.data.log_mel import HOP
from armillary.data.tokenizers import Tokenizer
from armillary.models import generation
from armillary.models.generation import Writing
from armillary.models.generation.ctc import (
    CTCSearch,
    Heard,
    Listener,
    LogProbs,
    Scorer,
    aligned,
    greedy,
    prefix_beam_search,
)
from armillary.models.layers.product import fixed_weights
from armillary.tasks.base import judged
from armillary.tasks.recordings import frames_of
from armillary.tasks.streaming import spelled
from armillary.tasks.word_times import SaidWord, words_said
from armillary.tasks.writers import by_length

BATCH_SAMPLES = 60 * RATE  # of recordings that are heard at a time, padding included
BEFORE, AT_ONCE, AFTER = 3.0, 0.5, 0.5  # seconds: a model that streams hears so much around what it tells


@dataclass(frozen=True)
class HeardText:
    """A text, its score (see ``CTCSearch`` and ``Writing``) and its words' times where they are known."""

    text: str
    score: float
    words: tuple[SaidWord, ...] = ()


def heard_by_ctc(
    model: nn.Module,
    waves: Sequence[Samples],
    tokenizer: Tokenizer,
    search: CTCSearch,
    scorer: Scorer | None = None,
    *,
    timed: bool = False,
    pitch: bool = False,
) -> list[list[HeardText]]:
    """Return the best texts of each recording, the best first; ``timed``: the best one's with its words.

    ``pitch``: whether the model hears it beside the mels.
    """
    seconds, heard = seconds_a_step(model) if timed else None, log_probs_of(model, waves, pitch=pitch)
    return [_texts(log_probs, tokenizer, search, scorer, seconds) for log_probs in heard]


def log_probs_of(model: nn.Module, waves: Sequence[Samples], *, pitch: bool = False) -> list[LogProbs]:
    """Return ln p of each token at each step of recordings, those of similar length heard together."""
    with judged(model) as device:

        def listen(places: list[int]) -> list[LogProbs]:
            frames, lengths = frames_of([waves[i] for i in places], pitch=pitch)
            scores, steps = model(frames.to(device), lengths.to(device))
            log_probs = scores.float().log_softmax(-1).cpu().numpy()
            return [row[:n] for row, n in zip(log_probs, steps.tolist(), strict=True)]

        return by_length([len(wave) for wave in waves], BATCH_SAMPLES, listen)


def heard_by_writing(
    model: nn.Module,
    waves: Sequence[Samples],
    tokenizer: Tokenizer,
    writing: Writing,
    max_tokens: int,
    *,
    pitch: bool = False,
) -> list[list[HeardText]]:
    """Return the best texts that a model with a decoder writes of each recording, the best first."""
    with judged(model) as device, fixed_weights(model):

        def write(places: list[int]) -> list[list[HeardText]]:
            frames, lengths = frames_of([waves[i] for i in places], pitch=pitch)
            best = generation.write(
                model, frames.to(device), lengths.to(device), writing, tokenizer.end_of_text, max_tokens
            )
            return [[HeardText(tokenizer.decode(w.tokens), w.score) for w in row] for row in best]

        return by_length([len(wave) for wave in waves], BATCH_SAMPLES, write)


def streamed(
    model: nn.Module, blocks: Iterable[Samples], tokenizer: Tokenizer, *, pitch: bool = False
) -> Iterator[str]:
    """Yield the likeliest path's text while a recording goes on, half a second behind it."""
    listener = Listener()
    tokens = (
        token - 1 for log_probs in listened(model, blocks, pitch=pitch) for token in listener.hear(log_probs)
    )
    return spelled(tokens, tokenizer)


def listened(model: nn.Module, blocks: Iterable[Samples], *, pitch: bool = False) -> Iterator[LogProbs]:
    """Yield ln p of the steps of a recording that comes in blocks, each step once.

    A model hears the seconds ``BEFORE`` and ``AFTER`` what it tells of, and no more than those are held.
    """
    step = round(seconds_a_step(model) * RATE)
    before, at_once, after = (round(span * RATE) // step for span in (BEFORE, AT_ONCE, AFTER))
    held, first, told = np.zeros(0, np.float32), 0, 0  # steps: where ``held`` begins, how many were told
    for block in blocks:
        for part in np.array_split(block, max(1, len(block) // (at_once * step))):
            held = np.concatenate([held, part])
            ready = first + len(held) // step - after
            if ready - told >= at_once:
                yield log_probs_of(model, [held], pitch=pitch)[0][told - first : ready - first]
                told = ready
                drop = max(0, told - before - first)
                held, first = held[drop * step :], first + drop
    if len(held) >= HOP and first + len(held) / step > told:
        yield log_probs_of(model, [held], pitch=pitch)[0][told - first :]


def seconds_a_step(model: nn.Module) -> float:
    """Return how long a step of ``model`` lasts."""
    stride: int = model.reader.stride  # type: ignore[assignment]
    return stride * HOP / RATE


def _texts(
    log_probs: LogProbs, tokenizer: Tokenizer, search: CTCSearch, scorer: Scorer | None, seconds: float | None
) -> list[HeardText]:
    if search.n_beams == 1 and scorer is None:
        found = [Heard(tuple(greedy(log_probs)), score := float(log_probs.max(1).sum()), score)]
    else:
        found = prefix_beam_search(log_probs, search, scorer)
    texts = [HeardText(tokenizer.decode(token - 1 for token in heard.tokens), heard.score) for heard in found]
    if seconds is not None:
        best = found[0].tokens
        pieces = tokenizer.pieces(token - 1 for token in best)
        words = words_said(pieces, aligned(log_probs, best), seconds)
        texts[0] = HeardText(texts[0].text, texts[0].score, tuple(words))
    return texts
