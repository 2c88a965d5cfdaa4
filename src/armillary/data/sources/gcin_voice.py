"""Mandarin syllables in every tone, by two speakers: the voices of the input method gcin."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, Recording, Split
from armillary.data.debian import unpacked
from armillary.data.recording_splits import overlaps
from armillary.data.splits import HoldOut, Splits, SplitSource, allot, hash_of

PACKAGE = "gcin-voice"
FOLDER = "usr/share/gcin-voice/ogg"  # where the package puts them, under /
SPEAKERS = {"3": "Edward Liu", "5": "Chu Lo"}  # by the name of a file in a syllable's folder

# A folder is a syllable in bopomofo and the key of its tone: none for the first, 1 for the neutral one.
SYLLABLE = re.compile(r"([ㄅ-ㄩ]+)([1-4]?)")
TONES = {"": "ˉ", "2": "ˊ", "3": "ˇ", "4": "ˋ", "1": "˙"}
# Of the consonants, these alone are syllables; the others, alone, are read as names of letters.
LETTERS = frozenset("ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄎㄏㄐㄑㄒ")


@SOURCES.register("gcin-voice")
@dataclass(frozen=True, kw_only=True)
class GcinVoice(SplitSource):
    """2,300 clips, written in bopomofo with the mark of the tone last: ㄇㄚˉ ㄇㄚˊ ㄇㄚˇ ㄇㄚˋ ㄇㄚ˙.

    One speaker is for training and validation, the other for test.  The first tone, elsewhere left without
    a mark, has one, so that each tone is one character to be learnt and judged.  ``heard=tone`` keeps the
    mark alone.  Names of letters are left out, and counted.
    """

    kind: ClassVar[str] = "gcin-voice"
    example: ClassVar[type] = Recording
    licence: ClassVar[str] = "GPL-3.0 or LGPL-3.0 (Edward Liu), CC-BY-3.0 (Chu Lo)"
    citation: ClassVar[str] = (
        "E. Der-Hua Liu (2014) and Chu Lo with ChionMeilin. gcin-voice. https://hyperrate.com"
    )
    heard: Literal["syllable", "tone"] = "syllable"  # what is to be written down
    test_speaker: Literal["Edward Liu", "Chu Lo"] = "Chu Lo"
    held_out: HoldOut = HoldOut()  # its share for validation, of the syllables of training's speaker
    path: Path | None = None  # a folder of folders of syllables; None: Debian's package, fetched once

    def read(self) -> Splits:
        folder = self.path or _packaged()
        counts: Counter[str] = Counter()
        found: dict[str, list[Recording]] = {speaker: [] for speaker in SPEAKERS.values()}
        for path in sorted(folder.glob("*/*.ogg")):
            counts["n_recordings"] += 1
            recording = _recording(path, counts)
            if recording is not None and self.heard == "tone":
                recording = replace(recording, text=recording.text[-1])
            if recording is not None:
                found[recording.speaker].append(recording)
        for speaker, recordings in found.items():
            if len(recordings) < 10:
                raise DataError(f"{folder} has {len(recordings)} clips of {speaker}; syllables are folders")
        test = found.pop(self.test_speaker)
        (others,) = found.values()
        order = sorted(others, key=lambda recording: hash_of(recording.text, self.held_out.seed))
        places = allot([[i] for i in range(len(order))], [1.0] * len(order), self.held_out)
        examples: dict[Split, list[Recording]] = {
            "train": [order[i] for i in sorted(places["train"] + places["test"])],
            "validation": [order[i] for i in places["validation"]],
            "test": sorted(test, key=lambda recording: hash_of(recording.text, self.held_out.seed)),
        }
        return Splits(examples, {**overlaps(examples), **counts})


def _recording(path: Path, counts: Counter[str]) -> Recording | None:
    """Return a clip with its syllable and speaker; None, and count why, where it is neither's."""
    syllable, speaker = SYLLABLE.fullmatch(path.parent.name), SPEAKERS.get(path.stem)
    if syllable is None or speaker is None:
        counts["n_other_files"] += 1
        return None
    sounds, tone = syllable.groups()
    if sounds in LETTERS:
        counts["n_names_of_letters"] += 1
        return None
    return Recording(path, sounds + TONES[tone], speaker)


def _packaged() -> Path:
    try:
        return unpacked(PACKAGE) / FOLDER
    except DataError as error:
        raise DataError(f"{error}; name the folder of its syllables: task.source.path=FOLDER") from error
