"""A whole file of texts in, a whole file of answers out: a line for each line.

A file is answered piece by piece, so that one of any length fits into memory.  What was answered stands
in a partial file beside the one asked for; asked again, the same model goes on where it was stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from armillary.core.errors import CheckpointError, DataError, RequestError, StoppedError
from armillary.data.decoding import read_text
from armillary.inference.model import Model

LINES, CHARACTERS = 512, 200_000  # of a file that are answered at a time, at most


@dataclass(frozen=True)
class AnsweredFile:
    """What became of a file of texts."""

    path: Path
    n_lines: int
    n_resumed: int  # of these, lines that had been answered before
    n_noted: int  # lines with a note: something was cut, say


def answer_file(
    model: Model,
    source: Path,
    target: Path,
    options: Mapping[str, Any],
    tell: Callable[[int, int], None],
    say: Callable[[str], None],
) -> AnsweredFile:
    """Answer each line of ``source`` by a line of ``target``: as JSON in a .jsonl file, else as plain text.

    ``tell`` hears how many lines of how many are done, ``say`` the notes of answers.  A line break
    inside a plain answer becomes a space.  Raises DataError where ``source`` is not UTF-8 text,
    StoppedError on Ctrl-C after saying how to go on, CheckpointError when the disk refuses, RequestError
    for several answers to a line in a file of plain text.
    """
    as_json = target.suffix == ".jsonl"
    if options.get("n_best", 1) != 1 and not as_json:
        raise RequestError(
            f"n_best={options['n_best']} answers do not fit into a line of {target.name}; name it "
            f"{target.stem}.jsonl"
        )
    n_lines, ends = _measured(source)
    part = target.with_name(f"{target.name}.{_key(model, source, options)}.part")
    n_noted = 0
    with _written(part, target):
        done = resumed = _whole_lines(part)
        tell(done, n_lines)
        with part.open("a", encoding="utf-8", newline="\n") as out, _stoppable(part, n_lines):
            for texts in _pieces(islice(_lines(source), done, None)):
                answers = model.answer(texts, **options)
                for number, answer in enumerate(answers, done + 1):
                    if note := _note(answer):
                        say(f"line {number}: {note}")
                        n_noted += 1
                out.writelines(f"{_line(answer, as_json)}\n" for answer in answers)
                out.flush()
                done += len(texts)
                tell(done, n_lines)
        if n_lines and not ends:
            _cut(part, 1)
    return AnsweredFile(target, n_lines, resumed, n_noted)


def as_text(answer: Any) -> str:
    """Return an answer as a person reads it: texts with their scores where there are several."""
    if isinstance(answer, str):
        return answer
    if answer.get("words"):
        return "\n".join(
            f"{word['start']:.2f}\t{word['end']:.2f}\t{word['word']}" for word in answer["words"]
        )
    if "text" in answer:
        several = [answer, *answer["alternatives"]]
        return answer["text"] if len(several) == 1 else "\n".join(_scored(one) for one in several)
    if "label" in answer:
        shown = [answer["label"], f"{max(answer['probabilities'].values()):.3f}", answer.get("note", "")]
        return "\t".join(shown).rstrip()
    return json.dumps(answer, ensure_ascii=False)


def _scored(text: Mapping[str, Any]) -> str:
    return f"{text['score']:.4f}\t{text['text']}"


def _note(answer: Any) -> str:
    return str(answer.get("note", "")) if isinstance(answer, Mapping) else ""


def _line(answer: Any, as_json: bool) -> str:
    return json.dumps(answer, ensure_ascii=False) if as_json else re.sub(r"[\r\n]+", " ", as_text(answer))


def _lines(source: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file as ``read_text`` has them, one in memory at a time."""
    with source.open(encoding="utf-8-sig") as file:
        for line in file:
            yield line.removesuffix("\n")


def _measured(source: Path) -> tuple[int, bool]:
    """Return how many lines a file has, and whether the last one ends; DataError if it is no text."""
    n_lines, last = 0, "\n"
    try:
        with source.open(encoding="utf-8-sig") as file:
            for last in file:
                n_lines += 1
                if "\0" in last:
                    read_text(source)
    except OSError as error:
        raise DataError(f"cannot read {source}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        read_text(source)  # says which byte of which line is wrong
        raise
    return n_lines, last.endswith("\n")


def _pieces(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield lines in groups that are answered at a time."""
    piece, n_characters = list[str](), 0
    for line in lines:
        piece.append(line)
        n_characters += len(line)
        if len(piece) == LINES or n_characters >= CHARACTERS:
            yield piece
            piece, n_characters = [], 0
    if piece:
        yield piece


def _key(model: Model, source: Path, options: Mapping[str, Any]) -> str:
    """Return what tells apart the work on other files, by other models or with other options."""
    key = hashlib.sha256(json.dumps(dict(options), sort_keys=True).encode())
    key.update(json.dumps([model.engine, asdict(model.run.summary)]).encode())
    with source.open("rb") as file:
        key.update(hashlib.file_digest(file, "sha256").digest())
    return key.hexdigest()[:8]


def _whole_lines(part: Path) -> int:
    """Return how many lines a partial file has; a last one that was torn is cut off."""
    if not part.exists():
        return 0
    n_lines, torn = 0, 0
    with part.open("rb") as file:
        for line in file:
            n_lines += line.endswith(b"\n")
            torn = 0 if line.endswith(b"\n") else len(line)
    _cut(part, torn)
    return n_lines


def _cut(path: Path, n_bytes: int) -> None:
    """Cut bytes off the end of a file."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - n_bytes)


@contextlib.contextmanager
def _written(part: Path, target: Path) -> Iterator[None]:
    """Move what was written at ``part`` to ``target`` when the block ends without error."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
        part.replace(target)
    except OSError as error:
        raise CheckpointError(f"cannot write {target}: {error.strerror or error}") from error


@contextlib.contextmanager
def _stoppable(part: Path, n_lines: int) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stop:
        raise StoppedError(
            f"interrupted; what is answered of {n_lines} lines is in {part}; the same command goes on there"
        ) from stop
