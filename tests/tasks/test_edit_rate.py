import random

import pytest
from sacrebleu.metrics import lib_ter

from armillary.tasks.edit_rate import Distances, edits


def garbled(seed):
    """A reference of words out of a few, and the same with words changed, left out and moved."""
    draw = random.Random(seed)
    vocabulary = [str(i) for i in range(draw.choice([2, 6, 30]))]
    reference = draw.choices(vocabulary, k=draw.randint(1, 22))
    words = [w if draw.random() > 0.3 else draw.choice(vocabulary) for w in reference if draw.random() > 0.1]
    cut = draw.randint(0, len(words))
    return words[cut:] + words[:cut], reference


@pytest.mark.parametrize("seed", range(40))
def test_edits_are_sacrebleus(seed):
    words, reference = garbled(seed)
    assert edits(words, reference) == lib_ter.translation_edit_rate(words, reference)[0]


@pytest.mark.parametrize("seed", range(40, 60))
def test_distances_and_traces_are_sacrebleus(seed):
    words, reference = garbled(seed)
    distances = Distances(reference)
    assert (distances.count(words), distances.trace(words)) == lib_ter.BeamEditDistance(reference)(words)


def test_a_moved_stretch_is_one_edit():
    assert edits(list("bcda"), list("abcd")) == 1
    assert edits(list("cdabx"), list("abcd")) == 2


@pytest.mark.parametrize(
    ("words", "reference", "n"), [([], ["a"], 1), (["a", "b"], [], 2), ([], [], 0), (["a"] * 80, ["a"], 79)]
)
def test_empty_and_uneven_texts(words, reference, n):
    assert edits(words, reference) == n
