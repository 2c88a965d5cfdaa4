"""Every sentence of every page, in each language: words.json, and how a page reads it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from markupsafe import Markup, escape

from armillary.core.errors import UnknownNameError
from armillary.core.units import format_seconds
from armillary.reports.sentences import in_chinese
from armillary.scaling.analysis import FamilyAnalysis

LANGUAGES = ("en", "zh")
_DURATIONS = {"years": "年", "days": "天", "h": "小时", "min": "分", "s": "秒"}
_FAMILIES = {"cnn": "CNN", "lstm": "LSTM", "transformer": "Transformer"}


@functools.cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences by key and language."""
    path = Path(__file__).with_name("words.json")
    words: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return words


class Words:
    """The words of one language.  UnknownNameError when there is no such language."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise UnknownNameError("language of reports", lang, LANGUAGES)
        self.lang = lang
        self.html_lang = {"en": "en", "zh": "zh-Hans"}[lang]

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence ``key`` as plain text, with ``values`` in its places."""
        return table()[key][self.lang].format(**values)

    def rich(self, key: str, **values: object) -> Markup:
        """Return the sentence ``key`` as HTML: its own tags stand, those in ``values`` are escaped."""
        return Markup(table()[key][self.lang]).format(**values)

    def either(self, key: str, name: str) -> str:
        """Return the sentence ``key`` where there is one, else ``name``: for names that others may add."""
        return self(key) if key in table() else name

    def said(self, sentence: str) -> Markup:
        """Return a sentence of the numeric half in this language; one that has no other stays English."""
        if self.lang == "en":
            return escape(sentence)
        translated = in_chinese(sentence)
        return (
            Markup('<span lang="en">{}</span>').format(sentence) if translated is None else escape(translated)
        )

    def seconds(self, value: float) -> str:
        """Return a duration in this language."""
        text = format_seconds(value)
        if self.lang == "en":
            return text
        return " ".join(_DURATIONS.get(part, part) for part in text.split(" "))

    def unit(self, unit: str) -> str:
        """Return the unit of a loss, singular: token, byte, image, text."""
        return self.either(f"unit.{unit}", unit)

    def loss_axis(self, unit: str) -> str:
        """Return the name of an axis of losses; ``unit`` is empty where it is not known."""
        return self("axis.loss", unit=self.unit(unit)) if unit else self("axis.loss.plain")

    def families(self, families: Iterable[FamilyAnalysis]) -> str:
        """Return the names of families as a list in this language."""
        return self("list.join").join(self.family(f.family) for f in families)

    def family(self, name: str) -> str:
        """Return a family's name as the field writes it; a table without families is all runs."""
        return _FAMILIES.get(name, name) or self("fit.all")
