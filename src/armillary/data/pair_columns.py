"""Which columns of a table hold the two texts of each pair, where the user does not say."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armillary.core.errors import DataError, unknown
from armillary.data.base import TextPair
from armillary.data.languages import is_language, say
from armillary.data.pair_source import MarkedPair
from armillary.data.rows import Row, label_value, value
from armillary.data.scripts import SCRIPTS, main_scripts, scripts_in
from armillary.data.splits import named_split

SAMPLE = 200  # rows that are looked at
USUAL = ("source", "target")
KNOWN = (  # what published data sets call them
    ("src", "tgt"),
    ("src", "trg"),
    ("source_text", "target_text"),
    ("msgid", "msgstr"),
    ("text", "summary"),
    ("document", "summary"),
    ("article", "summary"),
    ("article", "highlights"),
    ("article", "abstract"),
    ("dialogue", "summary"),
    ("content", "summary"),
    ("content", "title"),
    ("body", "summary"),
    ("body", "title"),
    ("description", "summary"),
    ("input", "output"),
    ("原文", "译文"),
    ("正文", "摘要"),
    ("内容", "摘要"),
)
DOCUMENTS = ("document_id", "doc_id", "docid", "doc")  # columns that say which document a pair is from
LATIN = SCRIPTS.index("Latin")


@dataclass(frozen=True)
class Columns:
    """The columns that a user names, or that were found: of the two texts, the document and the split."""

    source: str | None = None
    target: str | None = None
    document: str | None = None
    split: str | None = None

    def pair(self, row: Row) -> TextPair:
        """Return the pair in a row; a missing text is empty.  DataError, naming the row, for what is none."""
        assert self.source is not None
        assert self.target is not None
        source, target = _text(row, self.source), _text(row, self.target)
        document = label_value(row, self.document) if self.document is not None else ""
        if self.split is None:
            return TextPair(source, target, document)
        mark = label_value(row, self.split)
        split = named_split(mark)
        if split is None:
            raise DataError(f"{row[0]}: {self.split!r} is train, validation or test, got {mark!r}")
        return MarkedPair(source, target, document, split=split)

    def described(self) -> str:
        """Return which columns these are and how to have them the other way round."""
        turned = shlex.join(
            [f"task.source.source_column={self.target}", f"task.source.target_column={self.source}"]
        )
        document = f", document {self.document!r}" if self.document is not None else ""
        return f"source {self.source!r}, target {self.target!r}{document}; the other way round: {turned}"


def pairs_in(rows: Iterable[Row], given: Columns, where: str, note: str = "") -> Iterator[TextPair]:
    """Yield the pair in each row, in the columns ``given`` or else found; see ``found_columns``.

    A row whose only text column is called translation, as the ``datasets`` library has pairs, is what that
    one holds by language.
    """
    rows = (_flat(row) for row in rows)
    sample = list(itertools.islice(rows, SAMPLE))
    columns = found_columns([values for _, values in sample], given, where)
    usual = (columns.source, columns.target) == USUAL and columns.document == given.document
    if columns != given and (note or not usual):
        say(f"{where}: {note}{columns.described()}")
    for row in itertools.chain(sample, rows):
        yield columns.pair(row)


def found_columns(rows: Sequence[Mapping[str, Any]], given: Columns, where: str) -> Columns:
    """Return the columns ``given``, those it leaves open told by the names and the content of ``rows``.

    In this order: source and target; names that data sets use; languages; the only two columns of texts.
    Raises DataError that lists the columns when a name is none of them, or the two are not clear.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    for wanted in (given.source, given.target, given.document, given.split):
        if wanted is not None and wanted not in names:
            raise DataError(f"{where}: " + unknown("column", wanted, names))
    source, target = _two(names, rows, given, where)
    documents = [name for name in names if name.lower() in DOCUMENTS and name not in (source, target)]
    return Columns(source, target, given.document or next(iter(documents), None), given.split)


def has_header(lines: Sequence[Sequence[str]], given: Columns) -> bool:
    """Return whether the first of the ``lines`` names the columns.

    It does when it has a column that the user named, names that ``found_columns`` knows, a word over a
    column of numbers, a Latin word over a column in another script, or three words or more; columns that
    the user numbered have no names.
    """
    first, rest = lines[0], lines[1:]
    asked = [name for name in (given.source, given.target, given.document, given.split) if name is not None]
    if asked:
        return not all(name.isdigit() for name in asked) or set(asked) <= set(first)
    lower = {name.strip().lower() for name in first}
    if any(set(pair) <= lower for pair in (USUAL, *KNOWN)) or all(
        is_language(name.strip()) for name in first
    ):
        return True
    if not all(re.fullmatch(r"[\w .:()/-]{1,40}", name) and not _is_number(name) for name in first):
        return False
    columns = [[line[i] for line in rest if i < len(line)] for i in range(len(first))]
    return len(first) > 2 or any(_heads(*column) for column in zip(first, columns, strict=True))


def _heads(name: str, texts: list[str]) -> bool:
    """Return whether a word is unlike the column below it: no number over numbers, Latin over Chinese."""
    if texts and all(_is_number(text) for text in texts):
        return not _is_number(name)
    main = main_scripts(scripts_in(texts), 0.7)
    return bool(main) and LATIN not in main and bool(scripts_in([name])[0, LATIN])


def _two(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], given: Columns, where: str
) -> tuple[str, str]:
    """Return the columns of source and target: of the first way of telling that finds any."""
    if given.source is not None and given.target is not None:
        return given.source, given.target
    free = [name for name in names if name not in (given.document, given.split)]
    for level in _levels(free, rows, either_way=bool(given.source or given.target)):
        fitting = [
            (source, target)
            for source, target in level
            if source == (given.source or source) and target == (given.target or target)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            break
    if len(names) < 2:
        raise DataError(f"{where} has one column, {', '.join(names)}; a pair has two")
    raise DataError(
        f"{where} has the columns {', '.join(names)}; name those of the texts and "
        "of their targets: task.source.source_column=NAME task.source.target_column=NAME"
    )


def _levels(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], *, either_way: bool
) -> Iterator[list[tuple[str, str]]]:
    """Yield the pairs of columns that may be source and target, the surest way of telling first.

    Two languages, or two columns of texts, come in their order, or ``either_way``.
    """
    by_lower = {name.strip().lower(): name for name in names}
    for level in ([USUAL], KNOWN):
        yield [(by_lower[s], by_lower[t]) for s, t in level if s in by_lower and t in by_lower]
    languages = [name for name in names if is_language(name.strip())]
    if len(languages) > 2:
        languages = [name for name in languages if name.lower() != "id"]  # numbers more often than Indonesian
    texts = [name for name in names if _is_text([row.get(name) for row in rows])]
    paired = itertools.permutations if either_way else itertools.combinations
    yield [(source, target) for source, target in paired(languages, 2)]
    yield [(source, target) for source, target in paired(texts, 2)]


def _is_text(values: Sequence[Any]) -> bool:
    """Return whether a column holds texts: no numbers, and more than a few that come again and again."""
    texts = [found for found in values if isinstance(found, str) and found.strip()]
    others = any(found is not None and not isinstance(found, str) and found == found for found in values)
    if not texts or others or all(map(_is_number, texts)):
        return False
    return len(set(texts)) > len(texts) / 2


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(row: Row, column: str) -> str:
    found = value(row, column)
    if found is None or found != found:  # a NaN, as tables have where nothing is
        return ""
    if not isinstance(found, str):
        raise DataError(f"{row[0]}: the column {column!r} holds {found!r:.60}, which is no text")
    return found


def _flat(row: Row) -> Row:
    where, values = row
    inner = values.get("translation")
    if not isinstance(inner, dict):
        return row
    return where, {**{name: found for name, found in values.items() if name != "translation"}, **inner}
