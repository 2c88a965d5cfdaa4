"""Sentences of the numeric half in the language of a page.

Verdicts, advice and notes are English wherever they are made and in every file, where any reader
understands them.  As in gettext, the English sentence is the key: sentences.json pairs the template that
each was made from with its translation, and the numbers are read back out of the sentence.
"""

from __future__ import annotations

import functools
import json
import re
import string
from collections.abc import Mapping
from pathlib import Path

JOINTS = ("; ", ": ")  # between sentences that were put together, tried where no template fits the whole
_JOINED = {"; ": "；", ": ": "："}


@functools.cache
def templates() -> Mapping[str, str]:
    """Return the translations into Chinese by the English templates."""
    path = Path(__file__).with_name("sentences.json")
    pairs: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return pairs


def in_chinese(sentence: str) -> str | None:
    """Return ``sentence`` in Chinese; None when it was made from no known template.

    What stands in a template's places is translated too where it is a sentence itself, and else kept.
    """
    for pattern, translation in _patterns():
        if match := pattern.fullmatch(sentence):
            values = {name: in_chinese(value) or value for name, value in match.groupdict().items()}
            return translation.format(**values)
    for joint in JOINTS:
        first, found, rest = sentence.partition(joint)
        parts = (in_chinese(first), in_chinese(rest)) if found else (None, None)
        if parts[0] is not None and parts[1] is not None:
            return _JOINED[joint].join((parts[0].rstrip("。"), parts[1]))
    return None


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what each template matches, those with most words of their own first."""
    ordered = sorted(templates().items(), key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[0])))
    return [(_pattern(template), translation) for template, translation in ordered]


def _pattern(template: str) -> re.Pattern[str]:
    parts = []
    seen: set[str] = set()
    for text, name, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(text))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)
