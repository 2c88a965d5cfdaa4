"""Texts from what a model hears frame by frame (connectionist temporal classification, Graves et al. 2006).

At each frame a model gives every token a probability, and ``BLANK`` one: nothing new here.  A path takes one
of them at each frame; its text is what is left when repetitions are merged and blanks taken out.  The
probability of a text is the sum over all of its paths:

    P(text) = sum over paths of product over frames of p_frame(path at the frame)

``greedy`` takes the likeliest path, ``prefix_beam_search`` looks for the likeliest text, which a language
model may weigh in on, and ``aligned`` says at which frames each token of a text is heard.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int

from armillary.core.config import Config
from armillary.core.errors import ConfigError

BLANK = 0  # the id that stands for nothing new
LEAST = -12.0  # ln p at a frame below which a token is not considered there

LogProbs = Float32[np.ndarray, "frames n_tokens"]
Text = tuple[int, ...]


@runtime_checkable
class Scorer(Protocol):
    """A language model over the same ids."""

    def log_probs(self, text: Text) -> Sequence[float]:
        """Return ln p(token | text) of each token, by its id; what stands for blank is not looked at."""

    def end_log_prob(self, text: Text) -> float:
        """Return ln p(the text ends here | text)."""


@dataclass(frozen=True)
class Heard:
    """A text and its score: ln P of its paths that were found, and what a language model added to it."""

    tokens: Text
    log_prob: float
    score: float


@dataclass(frozen=True, kw_only=True)
class CTCSearch(Config):
    """How a text is searched for: score = ln P + weight ln P_language + bonus n_tokens (Hannun et al.)."""

    n_beams: int = 16  # beginnings that are pursued at once; 1 without a language model: the likeliest path
    n_best: int = 1  # texts that are returned
    weight: float = 0.5  # of the language model, where there is one
    bonus: float = 1.0  # for each token, since a language model prefers few; without one there is none

    def __post_init__(self) -> None:
        if not 1 <= self.n_best <= self.n_beams:
            raise ConfigError(
                f"n_best is 1 or more and at most n_beams, got {self.n_best} of n_beams={self.n_beams}"
            )
        if self.weight < 0:
            raise ConfigError(f"weight of the language model is 0 or more, got {self.weight}")


def greedy(log_probs: LogProbs) -> list[int]:
    """Return the text of the likeliest path."""
    return Listener().hear(log_probs)


class Listener:
    """Hears a recording piece by piece: the pieces of ``greedy`` on the whole, as soon as they are heard."""

    def __init__(self) -> None:
        self._before = BLANK

    def hear(self, log_probs: LogProbs) -> list[int]:
        """Return the tokens that the next frames add."""
        path = log_probs.argmax(1) if len(log_probs) else np.zeros(0, np.int64)
        new = (path != BLANK) & (path != np.append(self._before, path[:-1]))
        self._before = int(path[-1]) if len(path) else self._before
        return [int(token) for token in path[new]]


@dataclass
class _Beginning:
    """ln P of all paths so far that spell a text, by whether they end in a blank, and its language score."""

    blank: float = -math.inf
    token: float = -math.inf
    language: float = 0.0
    log_prob: float = field(init=False, default=-math.inf)

    def add(self, *, blank: float = -math.inf, token: float = -math.inf) -> None:
        """Add paths."""
        self.blank, self.token = _log_sum(self.blank, blank), _log_sum(self.token, token)
        self.log_prob = _log_sum(self.blank, self.token)

    @property
    def score(self) -> float:
        return self.log_prob + self.language


def prefix_beam_search(
    log_probs: LogProbs, search: CTCSearch | None = None, scorer: Scorer | None = None
) -> list[Heard]:
    """Return the best texts that were found, the best first (Hannun et al. 2014, algorithm 1).

    Paths of one text are added up, so that with enough beams ``Heard.log_prob`` is exact.
    """
    search = search or CTCSearch()
    beams: dict[Text, _Beginning] = {(): _Beginning()}
    beams[()].add(blank=0.0)
    for frame in log_probs:
        tokens = np.flatnonzero(frame > LEAST)
        following = _following(beams, frame.tolist(), tokens[tokens != BLANK].tolist(), search, scorer)
        best = sorted(following, key=lambda text: -following[text].score)[: search.n_beams]
        beams = {text: following[text] for text in best}
    ends = {text: 0.0 if scorer is None else search.weight * scorer.end_log_prob(text) for text in beams}
    heard = [Heard(text, beam.log_prob, beam.score + ends[text]) for text, beam in beams.items()]
    return sorted(heard, key=lambda text: -text.score)[: search.n_best]


def _following(
    beams: dict[Text, _Beginning],
    frame: list[float],
    tokens: list[int],
    search: CTCSearch,
    scorer: Scorer | None,
) -> dict[Text, _Beginning]:
    """Return all beginnings after one more frame."""
    following: dict[Text, _Beginning] = defaultdict(_Beginning)
    for text, beam in beams.items():
        stays = following[text]
        stays.language = beam.language
        stays.add(blank=beam.log_prob + frame[BLANK])
        if text:
            stays.add(token=beam.token + frame[text[-1]])
        known = None if scorer is None or not tokens else scorer.log_probs(text)
        for token in tokens:
            # The last token again is a new one only after a blank: without, it is the same, still heard.
            before = beam.blank if text and token == text[-1] else beam.log_prob
            if before == -math.inf:
                continue
            longer = (*text, token)
            if longer not in following:
                added = 0.0 if known is None else search.weight * known[token] + search.bonus
                following[longer].language = beam.language + added
            following[longer].add(token=before + frame[token])
    return following


def _log_sum(a: float, b: float) -> float:
    """Return ln(e^a + e^b)."""
    high, low = max(a, b), min(a, b)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


def aligned(log_probs: LogProbs, tokens: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first frame of each token and the one behind its last, on the likeliest path of a text.

    Viterbi's algorithm over the tokens with a blank before, between and behind them.  ValueError when the
    text needs more frames than there are: one for each token, and one between equal neighbours.
    """
    if not tokens:
        return []
    states = np.full(2 * len(tokens) + 1, BLANK)
    states[1::2] = tokens
    repeats = sum(a == b for a, b in itertools.pairwise(tokens))
    if len(tokens) + repeats > len(log_probs):
        raise ValueError(f"{len(tokens)} tokens, {repeats} repeated, do not fit into {len(log_probs)} frames")
    path = _likeliest(log_probs[:, states], states)
    places = [np.flatnonzero(path == 2 * i + 1) for i in range(len(tokens))]
    return [(int(frames[0]), int(frames[-1]) + 1) for frames in places]


def _likeliest(
    scores: Float32[np.ndarray, "frames states"], states: Int[np.ndarray, " states"]
) -> Int[np.ndarray, " frames"]:
    """Return the likeliest way through the states, each of which follows itself or its neighbours."""
    may_skip = np.zeros(len(states), bool)  # a blank between different tokens can be left out
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    best = np.full(len(states), -np.inf)
    best[:2] = scores[0, :2]
    came = np.zeros(scores.shape, np.int64)  # by how many states each step went on
    for frame in range(1, len(scores)):
        steps = np.stack([best, _shifted(best, 1), np.where(may_skip, _shifted(best, 2), -np.inf)])
        came[frame] = steps.argmax(0)
        best = steps.max(0) + scores[frame]
    path = np.zeros(len(scores), np.int64)
    path[-1] = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    for frame in range(len(scores) - 1, 0, -1):
        path[frame - 1] = path[frame] - came[frame, path[frame]]
    return path


def _shifted(best: np.ndarray, by: int) -> np.ndarray:
    return np.concatenate((np.full(by, -np.inf), best[:-by]))
