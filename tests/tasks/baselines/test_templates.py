import numpy as np
import pytest

from armillary.data.base import Recording
from armillary.data.sources import SungDigits
from armillary.tasks.baselines.templates import Templates, template_baselines, warped_distances


def plain_distance(one, other):
    costs = np.linalg.norm(one[:, None] - other[None], axis=-1)
    best = np.full((len(one) + 1, len(other) + 1), np.inf)
    best[0, 0] = 0
    for i in range(len(one)):
        for j in range(len(other)):
            best[i + 1, j + 1] = costs[i, j] + min(best[i, j], best[i, j + 1], best[i + 1, j])
    return best[-1, -1] / (len(one) + len(other))


def test_distances_are_those_of_the_recursion():
    dice = np.random.default_rng(0)
    one = dice.normal(size=(7, 3))
    others = [dice.normal(size=(n, 3)) for n in (1, 5, 7, 12)]
    assert warped_distances(one, others) == pytest.approx([plain_distance(one, o) for o in others])


def test_what_is_stretched_is_near():
    one = np.random.default_rng(0).normal(size=(9, 3))
    assert warped_distances(one, [np.repeat(one, 2, axis=0), one[::-1].copy()]).argmin() == 0


def test_a_word_is_recognised_by_the_same_word():
    source = SungDigits(n_clips=150, n_voices=5, longest=1)
    metrics = template_baselines(source.split("train"), source.split("test"))
    assert metrics["dynamic time warping"]["wer"] < 0.5 < metrics["commonest text"]["wer"]


def test_templates_are_of_every_text():
    clips = [Recording(np.full(1600, 0.1, np.float32), "often") for _ in range(1200)]
    clips[700] = Recording(np.full(1600, 0.1, np.float32), "once")
    templates = Templates(clips)
    assert len(templates.texts) == 1000
    assert set(templates.texts) == {"often", "once"}
