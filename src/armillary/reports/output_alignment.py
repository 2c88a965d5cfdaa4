"""Where a model looked while it wrote: tokens put together to words, and the picture of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from armillary.reports import numbers
from armillary.reports.matrix_plate import matrix_plate
from armillary.reports.output_text import shown
from armillary.reports.plate import Plate
from armillary.reports.words import Words
from armillary.runs.judgement import Alignment
from armillary.runs.pieces import Groups, words_of

_MOST = 12  # characters of a label


def by_words(
    alignment: Alignment, end: str
) -> tuple[list[str], list[str], Float[np.ndarray, "output source"]]:
    """Return (words of the source, words of the output, weights), the mark at an end spelled as ``end``.

    A source word is looked at as much as its pieces together, by an output word as its pieces did in the
    mean (Garg et al. 2019 merge subwords so); rows sum to 1.
    """
    sources, outputs = words_of(alignment.source), words_of(alignment.output)
    weights = np.array(alignment.weights)
    columns = np.stack([weights[:, group].sum(axis=1) for group in sources], axis=1)
    rows = np.stack([columns[group].mean(axis=0) for group in outputs])
    return _spelled(alignment.source, sources, end), _spelled(alignment.output, outputs, end), rows


def alignment_plate(name: str, alignment: Alignment, words: Words) -> Plate:
    """Draw ``alignment``, the source along the top and the output down the side."""
    source, output, weights = by_words(alignment, words("align.end"))
    texts = (shown("".join(pieces)) for pieces in (alignment.source, alignment.output))
    alt = words("alt.align", source=next(texts), output=next(texts))

    def said(row: int, column: int) -> str:
        return f"{output[row]} ← {source[column]}: {numbers.percent(float(weights[row, column]))}"

    return matrix_plate(name, alt, source, output, weights, said)


def _spelled(pieces: Sequence[str], groups: Groups, end: str) -> list[str]:
    labels = []
    for group in groups:
        text = shown("".join(pieces[i] for i in group).strip())
        text = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
        labels.append(text or (end if group[-1] == len(pieces) - 1 else "␣"))
    return labels
