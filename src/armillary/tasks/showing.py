"""Which outputs are worth a picture of where the model looked."""

from __future__ import annotations

from collections.abc import Sequence

from armillary.runs.judgement import Judged
from armillary.tasks.segmentation import words

PICTURES = 6
FEWEST, MOST = 5, 24  # words of a source that fills a picture and does not overflow it


def chosen_to_align(examples: Sequence[Judged], n: int = PICTURES) -> list[int]:
    """Return the indices of at most ``n`` examples, from the best score to the worst.

    Of those whose source and output fit a picture, or of the shortest sources where fewer fit: the scores
    are spread evenly over their ranks, so that pictures show what went wrong as well.
    """
    lengths = [len(words(example.source)) for example in examples]
    written = [i for i, e in enumerate(examples) if 0 < len(words(e.output)) <= MOST and lengths[i] >= FEWEST]
    fitting = [i for i in written if lengths[i] <= MOST]
    if len(fitting) < n:
        fitting = sorted(written, key=lengths.__getitem__)[:n]
    ranked = sorted(fitting, key=lambda i: -examples[i].score)
    count = min(n, len(ranked))
    return [ranked[(2 * k + 1) * len(ranked) // (2 * count)] for k in range(count)]
