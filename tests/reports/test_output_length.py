import itertools

import numpy as np
import pytest

from armillary.reports.output_length import by_length, edges, texts_read
from armillary.runs.judgement import Judged, Judgement


def examples_of(lengths, score=lambda n: 100.0 / n):
    return Judgement("test", {}, "chrf", tuple(Judged("word " * n, "", "", score(n)) for n in lengths))


def test_ranges_double_and_hold_every_example_once():
    lengths = np.random.default_rng(0).geometric(0.05, 500).tolist()
    ranges = edges(["word " * n for n in lengths])
    assert ranges[0][0] == min(lengths)
    assert ranges[-1][1] == max(lengths)
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(ranges))
    assert [high for _, high in ranges[:3]] == [4, 8, 16]
    buckets = by_length(examples_of(lengths), ranges)
    assert sum(bucket.n_examples for bucket in buckets) == 500
    assert min(bucket.n_examples for bucket in buckets) >= 8


@pytest.mark.parametrize("lengths", [[3], [5, 5, 5], [1] * 20 + [1000], [0, 0, 1]])
def test_few_examples_share_a_range(lengths):
    ranges = edges(["word " * n for n in lengths])
    assert sum(b.n_examples for b in by_length(examples_of(lengths, lambda _: 1.0), ranges)) == len(lengths)


def test_an_interval_holds_the_mean_and_narrows_with_examples():
    rng = np.random.default_rng(1)
    few, many = (
        by_length(examples_of([4] * n, lambda _: float(rng.uniform(0, 100))), [(4, 4)])[0] for n in (20, 2000)
    )
    for bucket in (few, many):
        assert bucket.interval.low < bucket.mean < bucket.interval.high
    # 1.96 standard errors of a uniform distribution over 0 to 100, either side
    assert many.interval.high - many.interval.low == pytest.approx(2 * 1.96 * 28.87 / 2000**0.5, rel=0.1)
    assert few.interval.high - few.interval.low > 5 * (many.interval.high - many.interval.low)
    assert (few.name, by_length(examples_of([1, 3]), [(1, 3)])[0].name) == ("4", "1–3")


def test_of_a_recording_the_length_is_that_of_what_was_said():
    heard = Judgement(
        "test", {}, "characters", (Judged("clip.wav", "one two three", "one", 40.0),), "recordings"
    )
    assert texts_read(heard) == ["one two three"]
    assert by_length(heard, [(1, 3)])[0].n_examples == 1
