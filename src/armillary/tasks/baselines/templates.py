"""What recognises a recording without learning: the text that is said most, and the nearest recording.

Nearest by dynamic time warping (Sakoe & Chiba 1978), the way words were told apart before models of speech:
two recordings are laid over each other, each frame beside one or more of the other's, so that neighbours
stay neighbours and the distances add up to the least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy.fft import dct

from armillary.data.audio import RATE, load
from armillary.data.base import Recording
from armillary.tasks.recordings import duration, frames_of
from armillary.tasks.speech_metrics import speech_metrics, speech_statistics, spoken

N_COEFFICIENTS = 13  # of the cosine transform of a frame: its shape, without the finest detail
EVERY = 2  # frames: one in 20 ms is compared
LONGEST = 6.0  # seconds of a recording that is compared with others
TEMPLATES = 1_000  # recordings that are compared with, at most, the same number of each text
ASKED = 500  # recordings that are recognised, at most: their beginning is a sample

Shapes = Float[np.ndarray, "_ coefficients"]  # a row for each frame


def template_baselines(train: Sequence[Recording], test: Sequence[Recording]) -> dict[str, dict[str, float]]:
    """Return metrics of the commonest text and, on ``ASKED`` recordings at most, of the nearest one's."""
    said = [recording.text for recording in test]
    common = Counter(spoken(recording.text) for recording in train).most_common(1)[0][0]
    asked = test[:ASKED]
    nearest = Templates(train).recognised([load(recording) for recording in asked])
    return {
        "commonest text": speech_metrics(speech_statistics([common] * len(said), said)),
        "dynamic time warping": speech_metrics(speech_statistics(nearest, said[: len(asked)])),
    }


class Templates:
    """Recordings whose texts are known."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        short = [recording for recording in recordings if duration(recording) <= LONGEST]
        chosen = _even(short or list(recordings), TEMPLATES)
        self.texts = [spoken(recording.text) for recording in chosen]
        self._shapes = [shapes(load(recording)) for recording in chosen]

    def recognised(self, waves: Sequence[np.ndarray]) -> list[str]:
        """Return the text of the nearest recording to each of ``waves``."""
        return [self.texts[int(warped_distances(shapes(wave), self._shapes).argmin())] for wave in waves]


def shapes(wave: np.ndarray) -> Shapes:
    """Return the cepstrum of a recording, each coefficient of mean 0 and variance 1 over it.

    Davis & Mermelstein 1980; the first coefficient, the loudness, is among them.
    """
    frames, _ = frames_of([wave[: round(LONGEST * RATE)]])
    cepstrum = dct(frames[0, ::EVERY].double().numpy(), norm="ortho")[:, :N_COEFFICIENTS]
    return np.asarray((cepstrum - cepstrum.mean(0)) / (cepstrum.std(0) + 1e-6))


def warped_distances(one: Shapes, others: Sequence[Shapes]) -> Float[np.ndarray, " n"]:
    """Return the least mean distance of ``one`` laid over each of ``others``, a step at a time.

    D(i, j) = d(i, j) + min(D(i-1, j-1), D(i-1, j), D(i, j-1)), divided by the lengths' sum.  Places on a
    diagonal i + j need nothing but the two before it, so each is one operation for all of ``others``.
    """
    lengths = torch.tensor([len(other) for other in others])
    padded = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(other) for other in others], batch_first=True)
    apart = torch.cdist(torch.from_numpy(one).expand(len(others), -1, -1), padded)
    n, n_one, n_other = apart.shape
    ends = torch.full((n,), torch.inf, dtype=apart.dtype)
    before = last = torch.full((n, n_one + 1), torch.inf, dtype=apart.dtype)  # by i + 1, on two diagonals
    for diagonal in range(n_one + n_other - 1):
        rows = torch.arange(max(0, diagonal - n_other + 1), min(n_one, diagonal + 1))
        cost = apart[:, rows, diagonal - rows]
        best = torch.minimum(torch.minimum(last[:, rows], last[:, rows + 1]), before[:, rows])
        current = torch.full_like(last, torch.inf)
        current[:, rows + 1] = cost + (best if diagonal else 0.0)
        before, last = last, current
        arrived = lengths - 1 + n_one - 1 == diagonal
        ends[arrived] = current[arrived, n_one]
    return np.asarray((ends / (lengths + n_one)).numpy())


def _even(recordings: Sequence[Recording], most: int) -> list[Recording]:
    """Return at most so many recordings, of every text the same number where that can be."""
    if len(recordings) <= most:
        return list(recordings)
    rank: Counter[str] = Counter()
    order = list[tuple[int, int]]()
    for place, recording in enumerate(recordings):
        order.append((rank[recording.text], place))
        rank[recording.text] += 1
    return [recordings[place] for _, place in sorted(sorted(order)[:most], key=lambda pair: pair[1])]
