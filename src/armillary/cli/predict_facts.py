"""The JSON objects of ``armillary predict``; a comment beside a field is its text in docs/json.md."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class LabelAnswer(TypedDict):
    """The answer of a classifier."""

    label: str  # the most probable
    probabilities: dict[str, float]  # of all labels, the most probable first
    note: NotRequired[str]  # only where the input had to be cut or resized: what was done


class PredictFacts(TypedDict):
    """Answers to inputs."""

    run: str  # as it was named
    answers: list[str] | list[LabelAnswer]  # in order of the inputs: of a generator the text it wrote


class TextAlternative(TypedDict):
    """A text that was written, but not the best."""

    text: str  # what was written
    score: float  # likewise


class WordTime(TypedDict):
    """A word of a recording."""

    word: str  # as it was heard
    start: float  # seconds from the beginning of the recording
    end: float  # likewise


class TextAnswer(TypedDict):
    """A translation, a summary or what was heard, where there is more to it than its text."""

    text: str  # the best
    score: float  # sum of ln p of its tokens, over their number to the power of length_penalty; ctc: ln P
    alternatives: list[TextAlternative]  # the others of n_best, the best first
    words: NotRequired[list[WordTime]]  # of a recording, with --set words=true
    note: str  # what was cut, or what is wrong with a recording; empty: nothing


class PredictTextFacts(TypedDict):
    """Translations or summaries of inputs, or what was heard of recordings."""

    run: str  # as it was named
    answers: list[str] | list[TextAnswer]  # in order of the inputs: a text alone where that says everything


class ImageAnswer(TypedDict):
    """An image that was drawn."""

    caption: str  # what was asked for
    seed: int  # that draws it again
    path: str  # the PNG file, which says both too


class PredictImageFacts(TypedDict):
    """Images that were drawn for captions."""

    run: str  # as it was named
    answers: list[ImageAnswer]  # in order of the captions


class PredictFileFacts(TypedDict):
    """Answers to the lines of a file."""

    run: str  # as it was named
    out: str  # the file of answers, a line for each line
    n_lines: int  # of the file, and of its answers
    n_resumed: int  # lines that an interrupted command had answered before
    n_noted: int  # lines whose answer has a note
