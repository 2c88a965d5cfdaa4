"""Which models and which hardware a text speaks of."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from armillary.core.hardware import accelerators
from armillary.scaling.audit.records import TrainingRun, known_accelerator, records

MODEL, HARDWARE = "\ue000", "\ue001"  # what their names are replaced by before quantities are looked for
NEAR = 1.15  # a family's member is meant when the text's parameters are within this factor of its own
NAME = 32  # characters before a name that may say its size
MAKERS = r"(?:Meta|OpenAI|Google|NVIDIA|DeepMind|TII)-"
SIZED = re.compile(
    rf"(?<![A-Za-z0-9-])(?!{MAKERS})[A-Z][A-Za-z0-9.]*(?:-[A-Za-z0-9.]+)*?-(?P<size>\d+(?:\.\d+)?)[Bb](?![A-Za-z0-9])"
)
VERSION = re.compile(
    r"[\s-]?\d{1,2}(?:\.\d{1,2})?(?![\d,.]|\s?(?:[BMbm]|billion|[万亿]))"
)  # PaLM 2 is not PaLM
SIZE_BEFORE = re.compile(
    r"(?<![\d.])(?P<size>\d+(?:\.\d+)?)\s?B(?:illion)?[\s-]+(?:parameters?\s+)?$", re.IGNORECASE
)
# names that people use and the catalogue may lack: they are recognised, and said to be unknown
OTHER_HARDWARE = (
    r"TPU[\s-]?v\d[ep]?|Ascend\s?9\d\d[A-D]?|昇腾\s?9\d\d[A-D]?|GTX\s?\d{3,4}(?:\s?Ti)?|RTX\s?\d{4}(?:\s?Ti)?"
    r"|Quadro\s?\w+|[ABGHKLPTV]\d{2,3}s?(?:[\s-](?:SXM\d?|PCIe|\d{2,3}\s?GB?))?|MI\d{3}X?|Trainium\s?\d?|Gaudi\s?\d"
    r"|Cerebras\s?CS-\d|TPUs?"
)
# 8张4090: a bare number is a card only when it is counted, or its maker named
COUNTED = r"(?:(?<=[张块个片枚x×*])|(?<=[张块个片枚x×*]\s)|(?<=英伟达)|(?<=NVIDIA\s))"
MAKER = r"(?:(?:NVIDIA|Nvidia|nvidia|英伟达|Google|谷歌|AMD|Intel|Huawei|华为|Tesla|DGX)[\s-]*)*"


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A model or an accelerator named in a text."""

    name: str  # as the record or the catalogue has it, else as the text has it
    start: int
    end: int
    run: TrainingRun | None = None  # of a model on record
    members: tuple[TrainingRun, ...] = ()  # of a family named without a size
    n_params: float | None = None  # that the name itself says: 13e9 of Foo-13B


def find_models(text: str) -> list[Mention]:
    """Return the models that a normalised text names, in order; the longest reading of a name counts."""
    found = []
    for pattern, names in _model_patterns():
        for match in pattern.finditer(text):
            found.append(_mention(match, names[_key(match[0])], text))
    found += [_unknown(match) for match in SIZED.finditer(text)]
    return _longest(found)


def find_hardware(text: str) -> list[Mention]:
    """Return the accelerators that a normalised text names, in order, by their names in the catalogue."""
    return _longest(
        Mention(name=_hardware_name(match["name"]), start=match.start(), end=match.end())
        for match in _hardware_pattern().finditer(text)
    )


def masked(text: str, models: Iterable[Mention], hardware: Iterable[Mention]) -> str:
    """Return ``text`` with names replaced, character by character, so that no digit of theirs is a number."""
    signs = list(text)
    for sign, mentions in ((MODEL, models), (HARDWARE, hardware)):
        for mention in mentions:
            signs[mention.start : mention.end] = sign * (mention.end - mention.start)
    return "".join(signs)


def member(mention: Mention, n_params: float | None) -> TrainingRun | None:
    """Return the run that a mention means: its own, or the family's of that size, the largest without one."""
    if mention.run is not None or not mention.members:
        return mention.run
    by_size = sorted(mention.members, key=lambda run: run.n_params or 0.0)
    if n_params is None:
        return by_size[-1]
    near = [run for run in by_size if run.n_params and 1 / NEAR < n_params / run.n_params < NEAR]
    return near[0] if near else None


def _mention(match: re.Match[str], runs: tuple[TrainingRun, ...], text: str) -> Mention:
    version = VERSION.match(text, match.end())
    if version and not re.search(r"\d", match[0]):
        return Mention(name=match[0] + version[0], start=match.start(), end=version.end())
    if len(runs) == 1:
        return Mention(name=runs[0].name, start=match.start(), end=match.end(), run=runs[0])
    family = Mention(name=match[0], start=match.start(), end=match.end(), members=runs)
    size = SIZE_BEFORE.search(text[max(0, match.start() - NAME) : match.start()])
    run = member(family, 1e9 * float(size["size"])) if size else None
    return replace(family, name=run.name, run=run) if run else family


def _unknown(match: re.Match[str]) -> Mention:
    size = 1e9 * float(match["size"])
    return Mention(name=match[0], start=match.start(), end=match.end(), n_params=size)


def _longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Return mentions that do not overlap; the longer wins, then what is on record."""
    kept: list[Mention] = []
    taken: set[int] = set()
    order = sorted(mentions, key=lambda m: (m.start - m.end, m.run is None and not m.members, m.start))
    for mention in order:
        places = range(mention.start, mention.end)
        if taken.isdisjoint(places):
            kept.append(mention)
            taken.update(places)
    return sorted(kept, key=lambda mention: mention.start)


def _key(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


@functools.cache
def _model_patterns() -> tuple[tuple[re.Pattern[str], dict[str, tuple[TrainingRun, ...]]], ...]:
    """Return one pattern for all names of runs and families, with whom each name means."""
    names: dict[str, tuple[TrainingRun, ...]] = {}
    written: dict[str, str] = {}
    for run in records():
        for name in (run.name, *run.aliases):
            names[_key(name)], written[_key(name)] = (run,), name
    for family in {run.family for run in records() if run.family}:
        runs = tuple(run for run in records() if run.family == family)
        names.setdefault(_key(family), runs)
        written.setdefault(_key(family), family)
    words = sorted(written.values(), key=len, reverse=True)
    alternatives = "|".join(_loose(word) for word in words)
    pattern = re.compile(rf"(?<![A-Za-z0-9.])(?:{alternatives})(?!(?:[A-Za-z0-9]|[.-]\d))", re.IGNORECASE)
    return ((pattern, names),)


def _loose(name: str) -> str:
    """Return a pattern for a name whose spaces and hyphens may be written either way or left out."""
    pieces = re.findall(r"[^\s_-]+", name)
    return r"[\s_-]*".join(re.escape(piece) for piece in pieces)


@functools.cache
def _hardware_pattern() -> re.Pattern[str]:
    names = {name for device in accelerators() for name in (device.name, *device.aliases)}
    known = sorted((n for n in names if not n.isdigit()), key=len, reverse=True)
    numbers = "|".join(sorted(n for n in names if n.isdigit()))
    either = "|".join([*(_loose(name) for name in known), OTHER_HARDWARE, rf"{COUNTED}(?:{numbers})"])
    return re.compile(
        rf"(?<![A-Za-z0-9.]){MAKER}(?P<name>{either})(?!\d|B(?![a-z]))(?=s?(?![A-Za-z]))", re.IGNORECASE
    )


def _hardware_name(text: str) -> str:
    tidy = re.sub(r"昇腾", "Ascend ", text)
    tidy = re.sub(r"(?<=\d)s$", "", tidy)
    device = known_accelerator(tidy)
    return device.name if device else tidy.strip()
