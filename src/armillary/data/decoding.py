"""The bytes of a user's file as text, or an error that says which byte is wrong."""

from __future__ import annotations

import codecs
import encodings.aliases
from pathlib import Path

from armillary.core.errors import DataError, unknown

OTHERS = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc_kr", "cp1251")  # strict enough to be a hint


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a file, without byte-order mark, every line ended by ``\\n``.

    Raises DataError as ``decoded`` does.
    """
    return decoded(path, encoding).replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path: Path, encoding: str = "utf-8") -> list[str]:
    """Return the lines of a file; ``\\n`` and ``\\r\\n`` alone end a line, and the last may lack its end.

    Raises DataError as ``decoded`` does.
    """
    lines = decoded(path, encoding).replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def decoded(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a file without byte-order mark.

    Raises DataError naming the file, and the byte and line where it is not text of that encoding.
    """
    codec = _codec(encoding)
    data = read_bytes(path)
    if codec == "utf-8":
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}: byte {data[error.start]:#04x} at offset {error.start} (line {line}) is not "
            f"{encoding}{_hint(data, codec)}"
        ) from error
    if (at := text.find("\0")) >= 0:
        raise DataError(
            f"{path}: a NUL at character {at} (line {text.count(chr(10), 0, at) + 1}); this is no text in "
            f"{encoding}{_hint(data, codec)}"
        )
    return text.removeprefix("\ufeff")


def read_bytes(path: Path) -> bytes:
    """Return what a file holds; DataError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        known = sorted({*encodings.aliases.aliases.values()} - {"mbcs", "oem"})
        raise DataError(unknown("encoding", encoding, known)) from error


def _hint(data: bytes, given: str) -> str:
    """Return the end of the sentence: an encoding that the data does decode in, if one of a few."""
    for other in OTHERS:
        if other == given or (other == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
            continue
        try:
            if "\0" in data.decode(other):
                continue
        except UnicodeDecodeError:
            continue
        return f"; it can be read as {other}: task.source.encoding={other}"
    return "; name its encoding with task.source.encoding=NAME, or leave the file out"
