from armillary.runs.judgement import Judged
from armillary.runs.samples import worst_to_best


def example(i: int, score: float, length: int = 3) -> Judged:
    return Judged(source=f"source {i}", reference="x" * length, output=f"output {i}", score=score)


def test_the_worst_come_first_and_none_twice():
    places = worst_to_best([example(i, score) for i, score in enumerate(range(40, 0, -1))])
    assert places["worst"] == list(range(39, 29, -1))
    assert places["median"] == [21, 20, 19, 18]
    assert places["best"] == [0, 1, 2, 3]


def test_of_equal_scores_the_longest_and_of_equal_examples_the_first():
    examples = [example(1, 5.0), example(2, 5.0, length=9), example(1, 5.0)]
    assert worst_to_best(examples) == {"worst": [1, 0], "median": [], "best": []}
