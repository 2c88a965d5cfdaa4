"""What the telephone exchange Asterisk says: digits, letters and phrases, by one speaker a language."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from armillary.core.errors import DataError
from armillary.data.audio import seconds
from armillary.data.base import SOURCES, Recording
from armillary.data.debian import unpacked
from armillary.data.recording_splits import hold_out_recordings
from armillary.data.splits import HoldOut, Splits, SplitSource
from armillary.data.vocabulary import digits_spelled

SOUNDS = "usr/share/asterisk/sounds"  # where a package puts its recordings, under /
DOCUMENTS = "usr/share/doc"
GROUPS = frozenset({"digits", "letters", "phonetic"})  # folders; whatever else is said is a phrase

SIGN = re.compile(r"\[[^\w\]]*\]")  # "dash [-]": what the word stands for, not spoken
MISSPELT = {"fourtieth": "fortieth", "exclaimation": "exclamation"}  # in the list of transcripts
NOTE = re.compile(r"[\[(<].*?[\])>]")


@SOURCES.register("asterisk-sounds")
@dataclass(frozen=True, kw_only=True)
class AsteriskSounds(SplitSource):
    """About 500 clips of telephone quality, 8 kHz, from Debian's asterisk-core-sounds packages.

    Split by what is said, digits spelled in words.  Left out, and counted: tones and silence, clips without
    transcript, those whose transcript has a remark that may or may not be spoken, and those too long.
    """

    kind: ClassVar[str] = "asterisk-sounds"
    example: ClassVar[type] = Recording
    licence: ClassVar[str] = "CC-BY-SA-3.0 (Russian: CC-BY-3.0)"
    citation: ClassVar[str] = (
        "Asterisk core sounds, spoken by Allison Smith (en, es), June Wallack (fr), Carlo Flora (it) and "
        "provided by Maxim Topal (ru). https://downloads.asterisk.org/pub/telephony/sounds"
    )
    language: Literal["en", "es", "fr", "it", "ru"] = "en"
    longest: float = 30.0  # seconds
    held_out: HoldOut = HoldOut(validation=0.1, test=0.2)
    path: Path | None = None  # a folder with the files of both packages; None: Debian's, fetched once

    def read(self) -> Splits:
        texts = transcripts(self._transcripts())
        folder = self._folder()
        speaker = folder.name.rsplit("_", 1)[-1]
        counts: Counter[str] = Counter()
        names, recordings = [], []
        for path in sorted(folder.rglob("*.wav")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            counts["n_recordings"] += 1
            text = digits_spelled(spoken(texts, name, counts), self.language)
            if text and seconds(path) > self.longest:
                counts["n_too_long"] += 1
            elif text:
                group = name.split("/")[0] if name.split("/")[0] in GROUPS else "phrases"
                names.append(name)
                recordings.append(Recording(path, text, speaker, group))
        splits = hold_out_recordings(recordings, names, self.held_out, "text")
        return Splits(splits.examples, {**splits.report, **counts})

    def _folder(self) -> Path:
        root = self.path or self._package("-wav")
        found = sorted((root / SOUNDS).glob(f"{self.language}_*"))
        if not found:
            raise DataError(f"{root} has no folder {SOUNDS}/{self.language}_... with Asterisk's recordings")
        return found[0]

    def _transcripts(self) -> Path:
        root = self.path or self._package("")
        name = f"core-sounds-{self.language}.txt.gz"
        found = sorted((root / DOCUMENTS).rglob(name))
        if not found:
            raise DataError(f"{root} has no {name} under {DOCUMENTS}: the transcripts of the recordings")
        return found[0]

    def _package(self, kind: str) -> Path:
        try:
            return unpacked(f"asterisk-core-sounds-{self.language}{kind}")
        except DataError as error:
            raise DataError(
                f"{error}; name a folder with the files of asterisk-core-sounds-{self.language} and its "
                "-wav: task.source.path=FOLDER"
            ) from error


def transcripts(path: Path) -> dict[str, list[str]]:
    """Return the texts that Asterisk's list has for each clip, by its name; the same text only once."""
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8-sig").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path} as compressed text: {error}") from error
    texts: dict[str, list[str]] = {}
    for line in lines:
        name, colon, text = line.partition(":")
        if colon and not name.startswith(";"):
            known = texts.setdefault(name.strip(), [])
            text = " ".join(MISSPELT.get(word, word) for word in SIGN.sub(" ", text).split())
            if text not in known:
                known.append(text)
    return texts


def spoken(texts: Mapping[str, list[str]], name: str, counts: Counter[str]) -> str:
    """Return the words of a clip; "" where they are not known, and count why."""
    found = [text.strip(". ") and text for text in texts.get(name, [])]
    if not any(found):
        counts["n_without_transcript"] += 1
    elif len(found) > 1:
        counts["n_with_two_transcripts"] += 1
    elif not NOTE.sub("", found[0]).strip(". "):
        counts["n_without_speech"] += 1
    elif NOTE.search(found[0]):
        counts["n_with_a_remark"] += 1
    else:
        return found[0]
    return ""
