import numpy as np
import pytest
from scipy.spatial.distance import cdist

from armillary.core.errors import DataError
from armillary.tasks import neighbours
from armillary.tasks.neighbours import distance_blocks, nearest, neighbour_radii, surrounded

RNG = np.random.default_rng(0)


def test_blocks_are_the_distances_far_from_the_origin_too(monkeypatch):
    monkeypatch.setattr(neighbours, "AT_A_TIME", 30)
    a, b = 1e4 + RNG.normal(size=(23, 7)), 1e4 + RNG.normal(size=(11, 7))
    blocks = list(distance_blocks(a, b))
    assert len(blocks) > 10
    assert np.concatenate(blocks) == pytest.approx(cdist(a, b), rel=1e-9)


def test_single_precision_loses_nothing_in_the_sums():
    a = RNG.normal(size=(40, 5)).astype(np.float32)
    assert next(distance_blocks(a, a)) == pytest.approx(cdist(a, a), abs=1e-6)


def test_radii_are_distances_to_the_kth_other_sample():
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert neighbour_radii(line, 1) == pytest.approx([1, 1, 2, 4])
    assert neighbour_radii(line, 2) == pytest.approx([3, 2, 3, 6])
    with pytest.raises(DataError, match="4-th neighbour of a sample takes more than 4 samples, got 4"):
        neighbour_radii(line, 4)


def test_surrounded_counts_balls_and_nearest_names_the_row():
    centres, radii = np.array([[0.0], [2.0], [10.0]]), np.array([1.5, 1.5, 1.0])
    points = np.array([[1.0], [3.0], [6.0], [10.5]])
    assert surrounded(points, centres, radii).tolist() == [2, 1, 0, 1]
    distances, rows = nearest(points, centres)
    assert distances == pytest.approx([1, 1, 4, 0.5])
    assert rows[1:].tolist() == [1, 1, 2]


def test_nothing_has_no_neighbours():
    with pytest.raises(DataError, match="got 0 and 3"):
        nearest(np.empty((0, 2)), np.zeros((3, 2)))
