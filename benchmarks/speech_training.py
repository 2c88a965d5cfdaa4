"""Learning to recognise speech: our training step against a plain loop of torch.nn's layers.

Equal work: the run's configuration, AdamW, float32, all cores, the same widths, the same changes of the
sound, the same number of recordings a step.  The plain loop makes features clip by clip and batches in random
order, padded to the longest clip, and takes F.ctc_loss; its optimizer is the fused one.  What counts is
seconds of sound, as they are after a change of speed, padding not among them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from armillary.core.errors import ConfigError, RequestError
from armillary.data.audio import RATE, Samples, load
from armillary.data.audio_changes import changed, hidden
from armillary.data.log_mel import HOP, N_MELS, log_mel
from armillary.models.base import ModelConfig
from armillary.models.cnn.acoustic import TAPS
from armillary.tasks.automatic_speech_recognition import AutomaticSpeechRecognition
from armillary.tasks.recordings import Waves
from armillary.tasks.speech_texts import learnable
from armillary.training.config import OptimConfig, RunConfig
from armillary.training.learner import Learner
from armillary.training.machine import tune_machine
from armillary.training.parallel import fabric_for
from armillary.training.rules import resolved
from benchmarks.race import Contender, Result, race

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # features, frames, all tokens in a row, tokens of each


class BareBlock(nn.Module):
    """A block of the convolutional or of the recurrent model in torch.nn's layers, padding and all."""

    def __init__(self, family: str, d_model: int, d_hidden: int, dropout: float) -> None:
        super().__init__()
        convolves = family == "cnn"
        self.convolution = (
            nn.Conv1d(d_model, d_model, TAPS, padding="same", groups=d_model) if convolves else None
        )
        self.norm = nn.LayerNorm(d_model)
        self.inner: nn.Module = (
            nn.Sequential(nn.Linear(d_model, d_hidden), nn.GELU())
            if convolves
            else nn.LSTM(d_model, d_hidden // 2, batch_first=True, bidirectional=True)
        )
        self.out = nn.Sequential(nn.Linear(d_hidden, d_model), nn.Dropout(dropout))

    def forward(self, x: Tensor) -> Tensor:
        h = self.inner(self.norm(x if self.convolution is None else self.convolution(x.mT).mT))
        branch: Tensor = self.out(h[0] if isinstance(h, tuple) else h)
        return x + branch


class BareModel(nn.Module):
    """Two convolutions that read frames, blocks, scores: the size of the run's model.

    ConfigError for a family or a way of decoding that it has no layers for.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.kind not in ("cnn", "lstm") or config.signature.outputs != "ctc":
            raise ConfigError(f"the plain loop learns cnn and lstm with decoding=ctc, got {config.kind}")
        ours: Any = config.build()
        width, stride = ours.reader.second.out_channels, ours.reader.stride
        inner = ours.blocks[0].out.in_features
        self.stride = stride
        self.first = nn.Conv1d(N_MELS, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, stride=stride, padding=1)
        blocks = [BareBlock(config.kind, width, inner, ours.dropout) for _ in ours.blocks]
        self.body = nn.Sequential(nn.Dropout(ours.dropout), *blocks, nn.LayerNorm(width))
        self.head = nn.Linear(width, config.signature.vocab_size)

    def forward(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x = F.gelu(self.second(F.gelu(self.first(frames.mT)))).mT
        return self.head(self.body(x)), (lengths + self.stride - 1) // self.stride


def plain_batches(task: AutomaticSpeechRecognition, batch_size: int) -> Iterator[Batch]:
    """Yield what our training sees, made clip by clip, in random order."""
    synthetic = [] if task.synthetic is None else list(task.synthetic.split("train"))
    real = list(task.source.split("train"))
    recordings = [*real, *synthetic]
    lengths, texts = Waves(recordings).seconds, task.encode([recording.text for recording in recordings])
    known = learnable(lengths, texts, len(real), task.max_seconds, task.max_target)
    places, waves = known.drawn(task.synthetic_share), [load(recording) for recording in recordings]
    dice = np.random.default_rng(0)
    while True:
        order = dice.permutation(places).tolist()
        for start in range(0, max(1, len(order) - batch_size + 1), batch_size):
            batch = order[start : start + batch_size]
            yield plain_batch(task, [waves[i] for i in batch], [known.tokens[i] for i in batch], dice)


def plain_batch(
    task: AutomaticSpeechRecognition,
    waves: Sequence[Samples],
    rows: Sequence[np.ndarray],
    dice: np.random.Generator,
) -> Batch:
    """Return clips as a batch padded to its longest."""
    features = []
    for wave in waves:
        sound = changed(wave, task.sound, int(dice.integers(2**62)))
        frames, n_frames = log_mel(torch.from_numpy(np.pad(sound, (0, max(0, HOP - len(sound)))))[None])
        features.append(hidden(frames, n_frames, task.masks, int(dice.integers(2**62)))[0])
    lengths, n_tokens = (torch.tensor([len(each) for each in side]) for side in (features, rows))
    return pad_sequence(features, batch_first=True), lengths, torch.from_numpy(np.concatenate(rows)), n_tokens


def plain_loop(config: RunConfig, mean: float) -> Contender:
    """Return the loop of torch.nn's layers; ``mean`` as in ``our_steps``."""
    task = cast("AutomaticSpeechRecognition", config.task)
    torch.manual_seed(0)
    model = BareModel(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.optim.lr or 1e-3, fused=True)
    batches = plain_batches(task, config.batch_size or 1)
    next(batches)  # the recordings are read before the clock starts

    def lap(n: int) -> float:
        n_frames, start = 0, time.perf_counter()
        for frames, lengths, tokens, n_tokens in itertools.islice(batches, n):
            scores, steps = model(frames, lengths)
            log_probs = scores.log_softmax(-1).transpose(0, 1)
            loss = F.ctc_loss(log_probs, tokens, steps, n_tokens, reduction="sum", zero_infinity=True)
            (loss / n_tokens.sum()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), config.optim.clip or torch.inf)
            optimizer.step()
            optimizer.zero_grad()
            n_frames += int(lengths.sum())
        return (time.perf_counter() - start) * n * mean / (n_frames * HOP / RATE)

    return Contender("plain loop of torch.nn layers, random batches", lap)


def our_steps(config: RunConfig, mean: float) -> Contender:
    """Return our training step, its batch included.

    Batches differ in length: a lap's seconds are what they would be with ``mean`` seconds of sound in each.
    """
    tune_machine()
    learner = Learner(config, fabric_for(config))
    batches = config.task.training_batches(config.batch_size or 1, config.seed)
    for step in range(batches.steps_per_epoch):
        batches[step]  # the recordings are read before the clock starts
    steps = itertools.count()

    def lap(n: int) -> float:
        n_frames, start = 0, time.perf_counter()
        for step in itertools.islice(steps, n):
            batch = batches[step]
            learner.step(step, config.optim.lr or 1e-3, batch)
            n_frames += int(cast("Tensor", batch.lengths).sum())
        learner.read()
        return (time.perf_counter() - start) * n * mean / (n_frames * HOP / RATE)

    return Contender("Armillary", lap)


def learning(config: RunConfig, steps: int, rounds: int) -> Result:
    """Race our training step and the plain loop on the configuration of a run."""
    config = equal_terms(config)
    task = speech_task(config)
    mean = (config.batch_size or 1) * float(np.mean(Waves(task.source.split("train")).seconds))
    contenders = [our_steps(config, mean), plain_loop(config, mean)]
    title = (
        f"Learning from {task.source.kind}: {config.model.kind} of {config.model.n_params / 1e6:.2f}M "
        f"parameters, {config.batch_size} recordings a step"
    )
    return race(title, "seconds of sound", contenders, units_per_step=mean, steps=steps, rounds=rounds)


def equal_terms(config: RunConfig) -> RunConfig:
    """Return a run's configuration with what both loops do alike: AdamW, float32, one device, no averages."""
    changed_to = config.replace(
        optim=OptimConfig(algorithm="adamw"),
        budget="1000 steps",
        precision="32-true",
        accelerator="cpu",
        devices=1,
        accumulate=1,
        ema=0.0,
        compile=False,
    )
    return resolved(changed_to)


def speech_task(config: RunConfig) -> AutomaticSpeechRecognition:
    """Return the task of a run.  RequestError when it is another than speech recognition."""
    if not isinstance(config.task, AutomaticSpeechRecognition):
        raise RequestError(
            f"speech races runs of automatic-speech-recognition, got one of {config.task.kind}"
        )
    return config.task
