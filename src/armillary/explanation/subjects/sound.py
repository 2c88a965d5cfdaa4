"""Why words were heard in a recording: stretches of bands of its sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.errors import DataError, RequestError
from armillary.data.log_mel import N_MELS
from armillary.data.pictures import png
from armillary.explanation.question import Question, log_odds
from armillary.explanation.subjects.base import SUBJECTS, Asked, Subject, name_of
from armillary.models.generation.ctc_loss import ctc_nats
from armillary.tasks.automatic_speech_recognition import AutomaticSpeechRecognition
from armillary.tasks.recordings import FRAMES_A_SECOND, frames_of
from armillary.tasks.sound_input import opened
from armillary.tasks.speech_metrics import spoken

BANDS = 8  # of mels that are a row of features; pitch, where a model hears it, is one more
STRETCHES = 24  # columns of features at most
SHORTEST = 5  # frames of a column at least


@SUBJECTS.register("automatic-speech-recognition")
def sound(task: AutomaticSpeechRecognition, module: nn.Module, asked: Asked) -> Subject:
    """Return why each word was heard; or why a text and not another, as a whole.

    The evidence for a word is ln P(text) - ln P(text without it).  Nothing is the quietest of the
    recording in each band.
    """
    if task.decoding != "ctc":
        raise RequestError("recordings are explained where decoding=ctc; this model writes with attention")
    wave = np.concatenate([np.asarray(block) for block in opened(asked.raw).blocks()])
    if len(wave) > task.max_seconds * 16_000:
        raise DataError(
            f"the recording lasts {len(wave) / 16_000:.1f} s and an explanation is of {task.max_seconds:g} s "
            "at most; cut a part out of it"
        )
    text = spoken(asked.answer or task.heard(module, [wave])[0][0].text)
    if not text:
        raise DataError("no word was heard that could be explained; name one with --for")
    frames, _ = frames_of([wave], pitch=task.pitch)
    inputs = frames[0]
    said = text.split() if " " in text else [text]
    texts, names = _held_against(text, said, asked.against)
    targets = task.encode(texts)
    owners, grid, features = _cells(*inputs.shape)

    def answers(model: nn.Module, batch: Tensor) -> Tensor:
        scores, steps = model(batch, torch.full((len(batch),), batch.shape[1]))
        log_probs = [-_nats(scores, steps, row) for row in targets]
        if len(names) == 1:
            return (log_odds(log_probs[0]) if len(targets) == 1 else log_probs[0] - log_probs[1])[:, None]
        return torch.stack([log_probs[0] - other for other in log_probs[1:]], 1)

    quiet = inputs.amin(0).expand_as(inputs)
    question = Question(module, inputs, quiet, owners, answers, len(features))
    return Subject(
        question, name_of(asked.raw, "recording"), names, features, grid, _spectrogram(inputs[:, :N_MELS])
    )


def _held_against(text: str, said: Sequence[str], other: str | None) -> tuple[list[str], tuple[str, ...]]:
    """Return (the text and what it is held against, what is explained)."""
    if other is not None:
        return [text, spoken(other)], (f"{text}, not {other}",)
    if len(said) == 1:
        return [text], (text,)
    without = [" ".join([*said[:i], *said[i + 1 :]]) for i in range(len(said))]
    return [text, *without], tuple(said)


def _nats(
    scores: Float[Tensor, "batch steps vocab_size"], steps: Int[Tensor, " batch"], row: np.ndarray
) -> Float[Tensor, " batch"]:
    targets = torch.from_numpy(row).expand(len(scores), -1)
    return ctc_nats(scores, steps, targets, torch.full((len(scores),), len(row)))


def _cells(
    n_frames: int, n_values: int
) -> tuple[Int[Tensor, "frames values"], tuple[int, int], tuple[str, ...]]:
    """Return (the feature of each number, rows and columns of features, when and how high each is).

    The highest band is the first row, as in a picture of a spectrogram.
    """
    length = max(SHORTEST, -(-n_frames // STRETCHES))
    columns = -(-n_frames // length)
    rows = BANDS + (n_values > N_MELS)
    band = torch.arange(n_values).clamp(max=N_MELS) * BANDS // N_MELS
    owners = (rows - 1 - band)[None] * columns + torch.arange(n_frames)[:, None] // length
    seconds = [f"{c * length / FRAMES_A_SECOND:.2f} s" for c in range(columns)]
    heights = [*(["pitch"] if rows > BANDS else []), *(f"band {b} of {BANDS}" for b in range(BANDS, 0, -1))]
    return owners, (rows, columns), tuple(f"{s}, {h}" for h in heights for s in seconds)


def _spectrogram(mels: Float[Tensor, "frames mels"]) -> bytes:
    """Return the log-mels as a PNG, low notes below, loud ones dark."""
    low, high = float(mels.min()), float(mels.max())
    grey = 255 * (high - mels) / max(high - low, 1e-6)
    return png(grey.T.flip(0).round().to(torch.uint8)[..., None].numpy(), {})
