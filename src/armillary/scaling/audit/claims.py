"""What a text claims: its quantities sorted by the model that each is about."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Self

from armillary.core.errors import RequestError
from armillary.scaling.audit.names import Mention, find_hardware, find_models, masked, member
from armillary.scaling.audit.numerals import normalise
from armillary.scaling.audit.quantities import Quantity, find_quantities
from armillary.scaling.audit.records import TrainingRun, records
from armillary.scaling.audit.units import Kind

END = re.compile(r"[。！？!?;；\n]+|\.(?=\s+[A-Z\u4e00-\u9fff\ue000]|\s*$)")
ABBREVIATION = re.compile(r"(?:\b(?:approx|vs|e\.g|i\.e|c|ca|Fig|No|al|U\.S)|\b[A-Z])$")
LONGEST = 50_000  # characters of a text


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a text says of one model."""

    text: str
    model: str  # as the record has it, else as the text has it; "" where the text names none
    run: TrainingRun | None
    hardware: str  # as the catalogue has it, else as the text has it; "" where the text names none
    quantities: tuple[Quantity, ...]
    family: str = ""  # the family's name in the text, where that names no size
    unread: tuple[str, ...] = ()  # large numbers in it that have no unit

    def first(self, *kinds: Kind) -> Quantity | None:
        """Return the first quantity of one of ``kinds``, the kinds in order of preference."""
        return next((q for kind in kinds for q in self.quantities if q.kind == kind), None)


def read_claims(text: str) -> tuple[Claim, ...]:
    """Return the claims of a text, one for each model it speaks of.  RequestError when it makes none."""
    if len(text) > LONGEST:
        raise RequestError(f"the text has {len(text):,} characters, {LONGEST:,} are read; give it in parts")
    page = _Page.of(normalise(text))
    claims = [_claim(page, owner) for owner in dict.fromkeys(map(_subject, page.owners))]
    whole = tuple(claim for claim in claims if _says_something(claim))
    if not whole:
        raise RequestError(_cannot_parse(text, page))
    return (replace(whole[0], unread=page.unread), *whole[1:])


@dataclass(frozen=True, kw_only=True)
class _Page:
    """A normalised text with all that was found in it."""

    text: str
    models: tuple[Mention, ...]
    hardware: tuple[Mention, ...]
    quantities: tuple[Quantity, ...]
    owners: tuple[Mention | None, ...]  # the model that each quantity is about
    sentences: tuple[tuple[int, int], ...]
    unread: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        models, hardware = find_models(text), find_hardware(text)
        quantities, unread = find_quantities(text, masked(text, models, hardware))
        sentences = _sentences(text)
        return cls(
            text=text,
            models=tuple(models),
            hardware=tuple(hardware),
            quantities=tuple(quantities),
            owners=tuple(_owner(q.start, models, sentences) for q in quantities),
            sentences=tuple(sentences),
            unread=tuple(unread),
        )


def _claim(page: _Page, subject: str) -> Claim:
    pairs = [(q, o) for q, o in zip(page.quantities, page.owners, strict=True) if _subject(o) == subject]
    model, quantities = pairs[0][1], [q for q, _ in pairs]
    owned = (h for h in page.hardware if _subject(_owner(h.start, page.models, page.sentences)) == subject)
    hardware = next(owned, None)
    run = _run(model, quantities)
    if run is None and model is not None and model.n_params and all(q.kind != "params" for q in quantities):
        quantities.insert(0, _size_in_name(model, model.n_params))
    places = [q.start for q in quantities] + ([model.start] if model else [])
    spans = sorted({_sentence(place, page.sentences) for place in places})
    return Claim(
        text=" ".join(page.text[start:end].strip() for start, end in spans),
        model=run.name if run else model.name if model else "",
        run=run,
        hardware=_hardware(hardware, run),
        quantities=(*quantities, *_device_time(quantities, spans)),
        family=model.name if run and model and model.members else "",
    )


def _hardware(mention: Mention | None, run: TrainingRun | None) -> str:
    """Return the hardware that the text names; "TPUs" alone are those of the record."""
    if mention is None:
        return ""
    unspecific = mention.name.upper() in ("TPU", "TPUS")
    return "" if unspecific and run and run.hardware.startswith("TPU") else mention.name


def _size_in_name(model: Mention, size: float) -> Quantity:
    return Quantity(
        kind="params",
        value=size,
        low=size,
        high=size,
        unit="parameter",
        factor=1.0,
        text=model.name,
        start=model.start,
        end=model.end,
    )


def _run(model: Mention | None, quantities: Sequence[Quantity]) -> TrainingRun | None:
    """Return the run that a name means; the size written in a family's name or text chooses its member."""
    if model is None:
        return None
    sizes = [q for q in quantities if q.kind == "params"]
    run = member(model, sizes[0].value if sizes else None)
    in_name = any(q.unit == "" and 0 <= q.start - model.end <= 1 for q in sizes)
    return run if run or in_name else member(model, None)


def _device_time(quantities: Sequence[Quantity], spans: Sequence[tuple[int, int]]) -> Iterable[Quantity]:
    """Yield devices times duration for each sentence that states both, summed over its stages."""
    for start, end in spans:
        inside = [q for q in quantities if start <= q.start < end]
        devices = [q for q in inside if q.kind == "devices"]
        times = [q for q in inside if q.kind == "duration"]
        if not devices or not times or any(q.kind == "device_time" for q in inside):
            continue
        pairs = list(zip(devices, times, strict=False))
        text = " + ".join(f"{d.text} × {t.text}" for d, t in pairs)
        unit, factor = ("GPU-day", 86400.0) if times[0].factor >= 86400 else ("GPU-hour", 3600.0)
        low, value, high = (
            sum(getattr(d, part) * getattr(t, part) for d, t in pairs) for part in ("low", "value", "high")
        )
        yield replace(
            devices[0],
            kind="device_time",
            value=value,
            low=low,
            high=high,
            unit=unit,
            factor=factor,
            text=text,
        )


def _subject(mention: Mention | None) -> str:
    return "" if mention is None else mention.run.name if mention.run else mention.name.casefold()


def _owner(place: int, models: Sequence[Mention], sentences: Sequence[tuple[int, int]]) -> Mention | None:
    """Return the model that a word at ``place`` is about.

    The nearest before it in its sentence, else the first after it there, else the last one before.
    """
    start, end = _sentence(place, sentences)
    inside = [m for m in models if start <= m.start < end]
    before = [m for m in inside if m.start <= place]
    earlier = [m for m in models if m.start < start]
    return before[-1] if before else inside[0] if inside else earlier[-1] if earlier else None


def _sentence(place: int, sentences: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sentences[bisect.bisect_right(sentences, place, key=itemgetter(0)) - 1]


def _sentences(text: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for match in END.finditer(text):
        if match[0] == "." and ABBREVIATION.search(text[start : match.start()]):
            continue
        spans.append((start, match.end()))
        start = match.end()
    return [*spans, (start, len(text) + 1)]


def _says_something(claim: Claim) -> bool:
    """Return whether there is more than a length of time, which any text may have."""
    checkable = [q for q in claim.quantities if q.kind not in ("duration", "money") or claim.model]
    return bool(checkable)


def _cannot_parse(text: str, page: _Page) -> str:
    names = [m.name for m in (*page.models, *page.hardware)] + [q.text for q in page.quantities]
    found = f"found {', '.join(dict.fromkeys(names))}, which says too little; " if names else ""
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return (
        f"no quantity to check in {shown!r}: {found}audit reads numbers with units (parameters, tokens, "
        "GPUs, days, GPU-hours, FLOP, PF-days, FLOP/s, tokens/s, MFU %, dollars, yuan, kWh, t CO2), "
        "such as 'GPT-3 took 1.75 million GPU-days', "
        "'2048 A100s for 21 days, 65B parameters, 1.4T tokens' or 'GPT-3的训练需要175万个GPU天'; "
        f"{len(records())} runs are on record"
    )
