"""Automatic speech recognition: a recording in, what was said out."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from torch import Tensor, nn

from armillary.core.errors import ConfigError, RequestError
from armillary.core.files import read_json, write_json
from armillary.data import cache
from armillary.data.audio import as_mp3
from armillary.data.audio_changes import SpecAugment, WaveChanges, changed, hidden, with_noise
from armillary.data.base import Recording, Source, Split
from armillary.data.batch import Batch, Batches
from armillary.data.log_mel import N_MELS
from armillary.data.order import BucketedBatches
from armillary.data.pitch import N_PITCH
from armillary.data.tokenizers import CharacterConfig, Tokenizer, TokenizerConfig
from armillary.models.generation import Writing
from armillary.models.generation.ctc import CTCSearch
from armillary.models.generation.ctc_loss import ctc_nats
from armillary.models.layers.token_loss import Wanted
from armillary.models.signature import Signature
from armillary.runs.judgement import Judged, Judgement, PairedScore
from armillary.runs.samples import worst_to_best
from armillary.tasks.base import TASKS, Task, judged
from armillary.tasks.baselines.templates import template_baselines
from armillary.tasks.hearing import HeardText, heard_by_ctc, heard_by_writing, streamed
from armillary.tasks.language_scorer import LanguageScorer
from armillary.tasks.recordings import FRAMES_A_SECOND, Waves, frames_of, name_of
from armillary.tasks.resampling import Statistics, paired_tests
from armillary.tasks.sound_input import Sound, opened
from armillary.tasks.speech_metrics import error_rate, speech_metrics, speech_statistics, spoken
from armillary.tasks.speech_texts import Learnable, language_texts, learnable, told
from armillary.tasks.writers import Tokens, marked_targets, padded

NOISES = (20, 10, 0)  # dB, signal-to-noise ratios at which a recogniser is judged too
MOST_GROUPS = 30  # speakers or groups that are judged apart
LANGUAGE = "language.json"


@TASKS.register("automatic-speech-recognition")
@dataclass(frozen=True, kw_only=True)
class AutomaticSpeechRecognition(Task):
    """Write down what is said.

    With ``decoding=ctc`` a model hears each step of 30 ms by itself; with ``attention`` a decoder writes
    the text of the whole recording, as Whisper does.  What is learnt and judged is what can be heard of a
    text (``speech_metrics.spoken``).  The loss is -ln p a token.
    """

    kind: ClassVar[str] = "automatic-speech-recognition"
    example: ClassVar[type] = Recording
    unit: ClassVar[str] = "token"
    headline: ClassVar[str] = "wer"
    headline_up: ClassVar[bool] = False
    default_source: ClassVar[str] = "sung-digits"
    decoding: Literal["ctc", "attention"] = "ctc"
    tokenizer: TokenizerConfig = CharacterConfig()
    synthetic: Source | None = None  # more training speech, a machine's; never judged by
    synthetic_share: float = (
        0.5  # of the training recordings that are drawn, where there is a synthetic source
    )
    max_seconds: float = 20.0  # of a recording that is learnt from; a longer one is heard in pieces
    max_target: int = 256  # tokens of its text
    sound: WaveChanges = WaveChanges()  # of training recordings
    masks: SpecAugment = SpecAugment()
    pitch: bool = False  # hear the pitch beside the mels: for languages whose tones tell words apart
    label_smoothing: float = 0.1  # attention: share of the target spread over all tokens, in training alone
    search: CTCSearch = CTCSearch(n_beams=1)
    writing: Writing = Writing(n_beams=4)
    language_order: int = 0  # of an n-gram over training's texts that weighs in on ctc; 0: none
    language_texts: Path | None = None  # more texts for it, one a line
    judged_examples: int = 2000  # recordings of a split that are judged, at most

    def __post_init__(self) -> None:
        for name in ("max_seconds", "max_target", "judged_examples"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} takes 1 or more, got {getattr(self, name)}")
        for name in ("label_smoothing", "synthetic_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is a share below 1, got {getattr(self, name)}")
        if self.language_order < 0 or (self.language_order and self.decoding != "ctc"):
            raise ConfigError(
                f"language_order is 0 (none) or more, and for decoding=ctc alone, got {self.language_order}"
            )
        if self.synthetic is not None and self.synthetic.example is not Recording:
            raise ConfigError(f"synthetic takes a source of recordings, got {self.synthetic.kind}")

    @functools.cached_property
    def learnt_tokenizer(self) -> Tokenizer:
        """The tokenizer, learnt from the texts of the training split."""
        return cache.learnt_tokenizer([spoken(r.text) for r in self._training], self.tokenizer)

    @functools.cached_property
    def language(self) -> tuple[str, ...]:
        """The texts that the language model knows, where there is one."""
        return language_texts(self._training, self.language_texts) if self.language_order else ()

    def signature(self) -> Signature:
        return Signature(
            inputs="frames",
            outputs="ctc" if self.decoding == "ctc" else "tokens",
            vocab_size=self.learnt_tokenizer.vocab_size,
            length=round(self.max_seconds * FRAMES_A_SECOND),
            target_length=self.max_target,
            n_mels=self._n_features,
        )

    def report(self) -> dict[str, int]:
        """Return the source's counts, the synthetic recordings, and what training leaves out and why."""
        return self.source.report() | self._learnable.report

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        places, rows = self._learnable.drawn(self.synthetic_share), self._learnable.tokens
        waves = self._waves("train")

        def make(indices: np.ndarray, generator: torch.Generator) -> Batch:
            dice = torch.randint(2**62, (len(indices) + 1,), generator=generator).tolist()
            sounds = [
                changed(waves[places[i]], self.sound, die)
                for i, die in zip(indices.tolist(), dice[1:], strict=True)
            ]
            frames, lengths = frames_of(sounds, pitch=self.pitch)
            targets = [rows[places[i]] for i in indices.tolist()]
            frames[..., :N_MELS] = hidden(frames[..., :N_MELS], lengths, self.masks, dice[0])
            return _batch(frames, lengths, targets)

        n_frames = [round(waves.seconds[place] * FRAMES_A_SECOND) for place in places]
        return BucketedBatches(n_frames, batch_size, seed, make)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield the recordings of ``split`` by length; a text longer than ``max_target`` is cut."""
        waves = self._waves(split)
        rows = self.encode([recording.text for recording in waves.recordings])
        order = np.argsort(waves.seconds, kind="stable").tolist()
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            frames, lengths = frames_of([waves[i] for i in places], pitch=self.pitch)
            yield _batch(frames, lengths, [rows[i][: self.max_target] for i in places])

    def dummy_batch(self, batch_size: int) -> Batch:
        """Return a batch of zeros as long as the mean training recording."""
        places, waves = list(self._learnable.tokens), self._waves("train")
        n_frames = round(float(np.mean([waves.seconds[i] for i in places])) * FRAMES_A_SECOND)
        n_tokens = round(float(np.mean([len(self._learnable.tokens[i]) for i in places])))
        frames = torch.zeros(batch_size, max(1, n_frames), self._n_features)
        row = np.ones(max(1, n_tokens), np.int64)
        return _batch(frames, torch.full((batch_size,), frames.shape[1]), [row] * batch_size)

    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:  # noqa: ARG002
        if self.decoding == "attention":
            wanted = Wanted(marked_targets(batch), self.label_smoothing)
            return model(batch.inputs, batch.lengths, batch.targets, wanted), None
        return self._ctc_nats(model, batch) / batch.n_units, None

    def validate(self, model: nn.Module) -> Judgement:
        """Return the loss on the validation split; to hear it at every mark would take too long."""
        return Judgement("validation", {"loss": self._loss(model, "validation", 32)})

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return the loss, error rates with intervals, by speaker and group, and in noise."""
        heard = speech_statistics(self.hypotheses(model, split), self._said(split))
        return self._metrics(model, split, batch_size, heard)

    def judge(self, model: nn.Module, split: Split, batch_size: int = 256) -> Judgement:
        """Return the metrics and what was heard of each recording that was judged."""
        recordings, texts = self.judged_of(split), self.hypotheses(model, split)
        heard = speech_statistics(texts, self._said(split))
        errors = error_rate(heard["cer"].counts)
        examples = tuple(
            Judged(
                source=name_of(recording, i),
                reference=spoken(recording.text),
                output=text,
                score=100 * max(0.0, 1 - float(error)),
                document=recording.speaker,
            )
            for i, (recording, text, error) in enumerate(zip(recordings, texts, errors, strict=True))
        )
        metrics = self._metrics(model, split, batch_size, heard)
        kept = {i: f"{i}.mp3" for group in worst_to_best(examples).values() for i in group}
        return Judgement(
            split,
            metrics,
            "characters",
            tuple(replace(example, media=kept.get(i, "")) for i, example in enumerate(examples)),
            reads="recordings",
            files={name: as_mp3(self._waves(split)[i]) for i, name in kept.items()},
        )

    def compare(self, ours: Judgement, theirs: Judgement) -> dict[str, PairedScore]:
        """Return the paired test of each error rate (see ``tasks.resampling.paired_test``)."""
        said = [example.reference for example in ours.examples]
        sides = ([example.output for example in side.examples] for side in (ours, theirs))
        return paired_tests(*(speech_statistics(heard, said) for heard in sides))

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of the commonest text and of the nearest training recording."""
        return template_baselines(self.source.split("train"), self.judged_of("test"))

    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return what is heard of each recording: a file's path, or mono samples at 16 kHz in [-1, 1].

        ``options`` are fields of ``search`` (ctc) or ``writing`` (attention), and ``words=true`` for the
        seconds of each word.  A plain text where that says everything, else {"text", "score",
        "alternatives", "words", "note"}.  DataError for what is no audio.
        """
        timed = options.pop("words", False)
        if timed and self.decoding != "ctc":
            raise ConfigError("words are timed where decoding=ctc; this model writes with attention")
        self._chosen(options)
        return [self._answer(model, opened(item), options, timed=timed) for item in raw]

    def stream(self, model: nn.Module, raw: Any, **options: Any) -> Iterator[str]:
        """Yield what is heard of one recording, as it goes on."""
        if self.decoding != "ctc" or options:
            raise RequestError("a recording is heard as it goes on where decoding=ctc, without options")
        return streamed(model, opened(raw).blocks(), self.learnt_tokenizer, pitch=self.pitch)

    def hypotheses(self, model: nn.Module, split: Split, noise: float | None = None) -> list[str]:
        """Return what is heard of the recordings of ``split`` that are judged, with noise of so many dB."""
        waves = self._waves(split)
        sounds = [waves[i] for i in range(len(self.judged_of(split)))]
        if noise is not None:
            sounds = [with_noise(wave, noise, seed) for seed, wave in enumerate(sounds)]
        return [best[0].text for best in self.heard(model, sounds)]

    def heard(
        self, model: nn.Module, waves: Sequence[np.ndarray], *, timed: bool = False, **options: Any
    ) -> list[list[HeardText]]:
        """Return the best texts of each recording, the best first; ``options`` as in ``answer``."""
        chosen = self._chosen(options)
        tokenizer = self.learnt_tokenizer
        if isinstance(chosen, Writing):
            return heard_by_writing(model, waves, tokenizer, chosen, self.max_target, pitch=self.pitch)
        return heard_by_ctc(model, waves, tokenizer, chosen, self._scorer, timed=timed, pitch=self.pitch)

    def judged_of(self, split: Split) -> Sequence[Recording]:
        """Return the recordings of ``split`` that are judged; its beginning is a sample of it."""
        return self.source.split(split)[: self.judged_examples]

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the ids of texts: for ctc the tokenizer's plus one, 0 being blank, else an end mark last."""
        rows = self.learnt_tokenizer.encode_all([spoken(text) for text in texts])
        if self.decoding == "ctc":
            return [row.astype(np.int64) + 1 for row in rows]
        return [np.append(row.astype(np.int64), self.learnt_tokenizer.end_of_text) for row in rows]

    def save_preprocessor(self, folder: Path) -> None:
        self.learnt_tokenizer.save(folder)
        write_json(folder / LANGUAGE, {"texts": list(self.language)})

    def restored(self, folder: Path) -> Self:
        texts = tuple(read_json(folder / LANGUAGE)["texts"])
        return self.with_preprocessor(learnt_tokenizer=Tokenizer.load(folder), language=texts)

    def continued(self, folder: Path) -> Self:
        return self.with_preprocessor(learnt_tokenizer=Tokenizer.load(folder))

    def _answer(self, model: nn.Module, sound: Sound, options: dict[str, Any], *, timed: bool) -> Any:
        note = "; ".join(sound.facts.remarks())
        if sound.facts.is_silent:
            return told([HeardText("", 0.0)], note, timed=timed)
        return told(
            sound.heard(lambda waves: self.heard(model, waves, timed=timed, **options), self.max_seconds),
            note,
            timed=timed,
        )

    def _chosen(self, options: dict[str, Any]) -> CTCSearch | Writing:
        """Return how texts are looked for, with ``options`` in place of what the run says."""
        asked: CTCSearch | Writing = self.search if self.decoding == "ctc" else self.writing
        return type(asked).from_dict({**asked.to_dict(), **options})

    def _said(self, split: Split) -> list[str]:
        return [recording.text for recording in self.judged_of(split)]

    @property
    def _n_features(self) -> int:
        return N_MELS + N_PITCH * self.pitch

    def _metrics(
        self, model: nn.Module, split: Split, batch_size: int, heard: Mapping[str, Statistics]
    ) -> dict[str, float]:
        recordings, said = self.judged_of(split), self._said(split)
        groups = {name: [getattr(r, name) for r in recordings] for name in ("speaker", "group")}
        judged_apart = {name: of for name, of in groups.items() if 1 < len(set(of)) <= MOST_GROUPS}
        metrics = {"loss": self._loss(model, split, min(32, batch_size))}
        metrics |= speech_metrics(heard, judged_apart)
        for ratio in NOISES:
            noisy = self.hypotheses(model, split, ratio)
            metrics[f"wer@noise={ratio}dB"] = speech_statistics(noisy, said)["wer"].corpus
        return metrics

    def _loss(self, model: nn.Module, split: Split, batch_size: int) -> float:
        """Return the mean of -ln p over the tokens of ``split``, without smoothing."""
        nats, n_units = 0.0, 0
        with judged(model) as device:
            for batch in self.evaluation_batches(split, batch_size):
                batch = batch.to(device)
                if self.decoding == "ctc":
                    nats += float(self._ctc_nats(model, batch))
                else:
                    wanted = Wanted(marked_targets(batch))
                    loss = model(batch.inputs, batch.lengths, batch.targets, wanted)
                    nats += float(loss) * batch.n_units
                n_units += batch.n_units
        return nats / max(1, n_units)

    def _ctc_nats(self, model: nn.Module, batch: Batch) -> Tensor:
        scores, steps = model(batch.inputs, batch.lengths)
        return ctc_nats(scores, steps, batch.targets, batch.target_lengths).sum()

    @functools.cached_property
    def _scorer(self) -> LanguageScorer | None:
        if not self.language_order:
            return None
        return LanguageScorer(self.language, self.learnt_tokenizer, self.language_order)

    @functools.cached_property
    def _training(self) -> list[Recording]:
        """The training split, and behind it the synthetic recordings."""
        more = [] if self.synthetic is None else list(self.synthetic.split("train"))
        return [*self.source.split("train"), *more]

    @functools.cached_property
    def _learnable(self) -> Learnable:
        texts = self.encode([recording.text for recording in self._training])
        n_real = len(self.source.split("train"))
        return learnable(self._waves("train").seconds, texts, n_real, self.max_seconds, self.max_target)

    def _waves(self, split: Split) -> Waves:
        if split not in self._waves_of:
            recordings = self._training if split == "train" else self.source.split(split)
            self._waves_of[split] = Waves(recordings)
        return self._waves_of[split]

    @functools.cached_property
    def _waves_of(self) -> dict[Split, Waves]:
        return {}


def _batch(frames: Tensor, lengths: Tensor, rows: Sequence[Tokens]) -> Batch:
    targets, target_lengths = padded(rows)
    return Batch(frames, targets, lengths, target_lengths)
