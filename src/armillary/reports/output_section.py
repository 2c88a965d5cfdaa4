"""What a run's page shows of its outputs: sentences, errors that can be counted, lengths, alignments."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from armillary.core.errors import RequestError
from armillary.reports import numbers
from armillary.reports.output_alignment import alignment_plate
from armillary.reports.output_errors import errors_of
from armillary.reports.output_figures import length_plate
from armillary.reports.output_length import by_length, edges, texts_read
from armillary.reports.output_text import language, marked, shown
from armillary.reports.page import Row, Table, columns_named, with_interval
from armillary.reports.plate import Plate
from armillary.reports.words import Words
from armillary.runs.judgement import Judged, Judgement, media_path, read_judgement
from armillary.runs.run import Run
from armillary.runs.samples import worst_to_best


@dataclass(frozen=True)
class Line:
    """A text of a card: what it is, the text as HTML, its language where that matters."""

    name: str
    text: str
    lang: str


@dataclass(frozen=True)
class Card:
    """An example: its score, where it stood, its texts."""

    score: str
    document: str
    lines: Sequence[Line]
    sound: str = ""  # a data: address, where it is of a recording that was kept


@dataclass(frozen=True)
class Picture:
    """An alignment and the example that it is of."""

    plate: Plate
    card: Card


@dataclass(frozen=True)
class Outputs:
    """The view of a judgement."""

    measure: str
    split: str
    n_examples: str
    length: Plate
    length_caption: str
    errors: Table
    samples: Sequence[tuple[str, Sequence[Card]]]  # heading and cards
    pictures: Sequence[Picture]


def outputs_of(run: Run, words: Words) -> Outputs | None:
    """Return what there is to show of the outputs of ``run`` on its test split; None where none are kept."""
    try:
        judgement = read_judgement(run)
    except RequestError:  # nothing is kept: the task has no texts, or the run was made without
        return None
    if not judgement.examples or judgement.reads == "captions":
        return None
    return outputs_view(judgement, words, sounds_of(run, judgement))


def outputs_view(judgement: Judgement, words: Words, sounds: Mapping[str, str] | None = None) -> Outputs:
    """Return the view of a judgement that has examples; ``sounds`` as ``sounds_of`` has them."""
    examples = judgement.examples
    measure = measure_name(judgement, words)
    ranges = edges(texts_read(judgement))
    split, n_examples = words(f"split.{judgement.split}"), f"{len(examples):,}"
    return Outputs(
        measure=measure,
        split=split,
        n_examples=n_examples,
        length=length_plate([("", by_length(judgement, ranges))], measure, words, judgement.reads),
        length_caption=words(f"length.caption.{judgement.reads}", n=n_examples, split=split),
        errors=error_table(judgement, words),
        samples=_samples(examples, words, None if judgement.reads == "texts" else sounds or {}),
        pictures=_pictures(examples, words),
    )


def sounds_of(run: Run, judgement: Judgement) -> dict[str, str]:
    """Return the recordings that are kept with a judgement, as data: addresses by their names."""
    sounds = {}
    for name in filter(None, {example.media for example in judgement.examples}):
        path = media_path(run, judgement.split, name)
        if path.is_file() and path.suffix == ".mp3":
            sounds[name] = "data:audio/mpeg;base64," + base64.b64encode(path.read_bytes()).decode()
    return sounds


def measure_name(judgement: Judgement, words: Words) -> str:
    """Return what the scores of a judgement's examples are called."""
    return words("outputs.measure", metric=words.either(f"metric.{judgement.measure}", judgement.measure))


def error_table(judgement: Judgement, words: Words) -> Table:
    """Return how often each kind of error is met, and how the outputs that have it scored."""
    rows = [
        Row([words(f"error.{kind}"), f"{len(found):,}", _share(found, judgement.examples), _mean(found)])
        for kind, found in errors_of(judgement).items()
    ]
    return Table(words("errors.caption"), columns_named(words, "kind examples share meanscore"), rows)


def error_comparison(systems: Sequence[tuple[str, Judgement]], words: Words) -> Table:
    """Return how often each kind of error is met in the outputs of each system, named."""
    found = [errors_of(judgement) for _, judgement in systems]
    rows = []
    for kind in found[0]:
        cells = [
            with_interval(f"{len(errors[kind]):,}", _share(errors[kind], judgement.examples))
            for errors, (_, judgement) in zip(found, systems, strict=True)
        ]
        rows.append(Row([words(f"error.{kind}"), *cells]))
    return Table(words("errors.compared"), [words("col.kind"), *(name for name, _ in systems)], rows)


def card(example: Judged, words: Words, sound: str | None = None) -> Card:
    """Return an example with its output; of a recording with its sound, "" where that is not kept."""
    score, written = f"{example.score:.1f}", [(words("text.output"), example.output)]
    if sound is None:
        return _card(score, example, written, words)
    return replace(_card(score, example, written, words, "text.file"), sound=sound)


def paired_card(named: Sequence[tuple[str, Judged]], words: Words) -> Card:
    """Return an example with the outputs of two systems; its score is by how much the first is ahead."""
    (_, ours), (_, theirs) = named
    written = [
        (Markup("<b>{}</b> {}").format(f"{example.score:.1f}", name), example.output)
        for name, example in named
    ]
    return _card(numbers.signed_score(ours.score - theirs.score), ours, written, words)


def _card(
    score: str,
    example: Judged,
    written: Sequence[tuple[str, str]],
    words: Words,
    source: str = "text.source",
) -> Card:
    lines = [_line(words(source), example.source), _line(words("text.reference"), example.reference)]
    for name, output in written:
        html = marked(output, example.reference) if output.strip() else _nothing(words)
        lines.append(Line(name, html, language(output)))
    return Card(score, shown(example.document), lines)


def _line(name: str, text: str) -> Line:
    return Line(name, shown(text), language(text))


def _nothing(words: Words) -> Markup:
    return Markup("<i>{}</i>").format(words("text.nothing"))


def _samples(
    examples: Sequence[Judged], words: Words, sounds: Mapping[str, str] | None
) -> list[tuple[str, list[Card]]]:
    """Return examples under the headings of ``worst_to_best``."""

    def shown_card(example: Judged) -> Card:
        return card(example, words, None if sounds is None else sounds.get(example.media, ""))

    return [
        (words(f"samples.{name}"), [shown_card(examples[i]) for i in places])
        for name, places in worst_to_best(examples).items()
        if places
    ]


def _pictures(examples: Sequence[Judged], words: Words) -> list[Picture]:
    """Return the alignments, those of the best outputs first."""
    aligned = sorted((e for e in examples if e.alignment is not None), key=lambda e: -e.score)
    return [
        Picture(alignment_plate(f"align-{i}", example.alignment, words), card(example, words))
        for i, example in enumerate(aligned, start=1)
        if example.alignment is not None
    ]


def _share(found: Sequence[Judged], examples: Sequence[Judged]) -> str:
    return numbers.percent(len(found) / len(examples)) if found else "0%"


def _mean(examples: Sequence[Judged]) -> str:
    return f"{sum(e.score for e in examples) / len(examples):.1f}" if examples else numbers.NONE
