"""A user's own recordings with transcripts: in a table, or in text files beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from armillary.core.errors import DataError
from armillary.data.audio import SUFFIXES, audio_facts
from armillary.data.base import SOURCES, SPLITS, Recording, Split
from armillary.data.decoding import read_text
from armillary.data.languages import say
from armillary.data.media_tables import folder_split, split_of, usual_column
from armillary.data.recording_splits import SplitBy, hold_out_recordings, overlaps
from armillary.data.rows import Row, label_value, read_rows, value
from armillary.data.sources.image_folder import split_folders, visible_files
from armillary.data.splits import HoldOut, Splits, SplitSource

# The names that the datasets library gives to a table of an audio folder.
TABLES = ("metadata.csv", "metadata.tsv", "metadata.jsonl", "metadata.parquet")
FILE_COLUMNS = ("file_name", "file", "audio", "path", "filename")
TEXT_COLUMNS = ("transcription", "text", "sentence", "transcript")
SPEAKER_COLUMNS = ("speaker", "speaker_id", "client_id")

FEWEST = 10  # recordings; with fewer there is nothing to learn or to judge by


class Told(NamedTuple):
    """A recording, and the split that the data put it in."""

    path: Path
    recording: Recording
    split: Split | None


@SOURCES.register("audio-folder")
@dataclass(frozen=True, kw_only=True)
class AudioFolder(SplitSource):
    """Recordings under ``path`` and what is said in them.

    Transcripts stand in metadata.csv, .tsv, .jsonl or .parquet, as the datasets library has them: a column
    of file names, relative to the table, one of texts and, where known, one of speakers; else in NAME.txt
    beside NAME.wav.  ``path`` may also be a table itself.  The table may lie in folders of splits (train,
    validation, test) or have a column of them; otherwise see ``hold_out_recordings``.

    Recordings without transcript, with a blank one, too long or silent are left out, and counted.
    """

    kind: ClassVar[str] = "audio-folder"
    example: ClassVar[type] = Recording
    licence: ClassVar[str] = "unknown: the user's own recordings"
    citation: ClassVar[str] = "the user's own recordings"
    path: Path
    file_column: str | None = None  # of a table; None: found by its name
    text_column: str | None = None
    speaker_column: str | None = None  # None: found by its name, where the table has one
    split_column: str = "split"  # train, validation or test, where the table has it
    encoding: str = "utf-8"
    longest: float = 30.0  # seconds; a longer recording is one text that cannot be cut, and is left out
    by: SplitBy = "auto"
    held_out: HoldOut = HoldOut()

    def read(self) -> Splits:
        clips = [path for path in visible_files(self._root) if path.suffix.lower() in SUFFIXES]
        if not clips:
            raise DataError(
                f"{self._root} has no recording in it; names end in {', '.join(sorted(SUFFIXES))}"
            )
        told = list(self._told(clips))
        counts = Counter(
            n_recordings=len(clips), n_without_transcript=len(clips) - len({t.path for t in told})
        )
        kept = [found for found in told if self._is_usable(found, counts)]
        if len(kept) < FEWEST:
            gone = ", ".join(f"{name} {n}" for name, n in counts.items() if n)
            raise DataError(
                f"{self.path} has {len(kept)} usable recordings ({gone}); {FEWEST} are the fewest to learn "
                f"from, each with its words in {TABLES[0]} or in NAME.txt beside NAME.wav"
            )
        left_out = len(clips) - len(kept)
        if left_out > 0:
            say(f"{self.path}: {left_out} of {len(clips)} recordings are left out; the run's record says why")
        splits = self._split(kept)
        return Splits(splits.examples, {**splits.report, **counts})

    @property
    def _root(self) -> Path:
        if not self.path.exists():
            raise DataError(f"there is no folder {self.path}")
        return self.path.parent if self.path.is_file() else self.path

    def _told(self, clips: Sequence[Path]) -> Iterator[Told]:
        splits = split_folders(self._root)
        places = [self._root / name for name in TABLES]
        places += [folder / name for folder in splits for name in TABLES]
        tables = [self.path] if self.path.is_file() else [place for place in places if place.is_file()]
        if tables:
            known = frozenset(clips)
            for table in tables:
                yield from self._of_table(table, known, splits)
            return
        for path in clips:
            text = path.with_suffix(".txt")
            if text.is_file():
                words = read_text(text, self.encoding)
                yield Told(path, Recording(path, " ".join(words.split())), folder_split(path, splits))

    def _of_table(self, table: Path, clips: frozenset[Path], splits: Mapping[Path, Split]) -> Iterator[Told]:
        seen: dict[Path, str] = {}
        for row in read_rows(table, encoding=self.encoding):
            where, _ = row
            name = label_value(row, usual_column(row, self.file_column, FILE_COLUMNS, "file_column"))
            path = table.parent / name
            if path not in clips:
                raise DataError(f"{where}: there is no recording {path}; names are relative to the table")
            if path in seen:
                raise DataError(
                    f"{where}: {path} has a transcript already, in {seen[path]}; keep one of them"
                )
            seen[path] = where
            text = _text(row, usual_column(row, self.text_column, TEXT_COLUMNS, "text_column"))
            speaker = self._speaker(row)
            split = split_of(row, self.split_column)
            yield Told(path, Recording(path, text, speaker), split or folder_split(path, splits))

    def _speaker(self, row: Row) -> str:
        column = self.speaker_column or next((name for name in SPEAKER_COLUMNS if name in row[1]), None)
        found = None if column is None else value(row, column)
        return "" if found is None or found != found else str(found).strip()

    def _is_usable(self, told: Told, counts: Counter[str]) -> bool:
        """Return whether a recording can be learnt from; count why not, and what else is to be known."""
        if not told.recording.text:
            counts["n_blank_transcript"] += 1
            return False
        facts = audio_facts(told.path)
        counts["n_clipped"] += facts.clipped > 0
        for name, is_so in (("n_silent", facts.is_silent), ("n_too_long", facts.seconds > self.longest)):
            if is_so:
                counts[name] += 1
                return False
        return True

    def _split(self, told: Sequence[Told]) -> Splits:
        marks = {found.split for found in told}
        recordings = [found.recording for found in told]
        if marks == {None}:
            names = [found.path.relative_to(self._root).as_posix() for found in told]
            return hold_out_recordings(recordings, names, self.held_out, self.by)
        given: dict[Split, list[Recording]] = {name: [] for name in SPLITS}
        for found in told:
            if found.split is None:
                raise DataError(
                    f"{found.path} is in no split and others are; say which: train, validation, test"
                )
            given[found.split].append(found.recording)
        return _completed(given, self.held_out, self.by)


def _completed(given: dict[Split, list[Recording]], shares: HoldOut, by: SplitBy) -> Splits:
    """Draw from training the held-out splits that the data do not bring."""
    missing = [name for name in SPLITS if not given[name]]
    if "train" in missing:
        raise DataError("no recording is in the training split; leave the splits unnamed, and they are drawn")
    if missing:
        train = given["train"]
        drawn = hold_out_recordings(train, [str(recording.audio) for recording in train], shares, by)
        rest = [recording for name in SPLITS if name not in missing for recording in drawn[name]]
        given = {**given, **{name: list(drawn[name]) for name in missing}, "train": rest}
    return Splits(given, overlaps(given))


def _text(row: Row, column: str) -> str:
    """Return a transcript on one line, "" for one that is blank."""
    found = value(row, column)
    return "" if found is None or found != found else " ".join(str(found).split())
