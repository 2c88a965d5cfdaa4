"""Which outputs of a judgement are worth a look."""

from __future__ import annotations

from collections.abc import Sequence

from armillary.runs.judgement import Judged

WORST, OTHERS = 10, 4  # so many of the worst outputs, and of the middle and the best


def worst_to_best(examples: Sequence[Judged]) -> dict[str, list[int]]:
    """Return the places of the worst examples, of some in the middle and of the best; none twice.

    Of equal scores the longest reference comes first; of equal sources with equal outputs the first is taken.
    """
    ranked = _different(examples, sorted(range(len(examples)), key=lambda i: _rank(examples[i])))
    worst, rest = ranked[:WORST], ranked[WORST:]
    middle = max(0, len(ranked) // 2 - WORST - OTHERS // 2)
    median = rest[middle : middle + OTHERS]
    down = sorted(rest, key=lambda i: (examples[i].score, len(examples[i].reference)), reverse=True)
    best = [i for i in down if i not in median]
    return {"worst": worst, "median": median, "best": best[:OTHERS]}


def _rank(example: Judged) -> tuple[float, int]:
    return example.score, -len(example.reference)


def _different(examples: Sequence[Judged], places: Sequence[int]) -> list[int]:
    """Return the first place of each pair of source and output."""
    first = {(examples[i].source, examples[i].output): i for i in reversed(places)}
    return list(first.values())[::-1]
