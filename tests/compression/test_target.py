import dataclasses

import pytest

from armillary.compression import Cost, Target, smallest
from armillary.core.errors import ConfigError, RequestError, UnknownNameError

COST = Cost(
    run="runs/a-4bit",
    scheme="4bit",
    n_params=1000,
    file_bytes=600,
    parent_file_bytes=4000,
    bits_per_parameter=4.8,
    memory_bytes=4000,
    loss=1.1,
    parent_loss=1.0,
    metric="accuracy",
    score=0.9,
    parent_score=0.95,
    validation_score=0.9,
    parent_validation_score=0.95,
    low=None,
    high=None,
    parent_low=None,
    parent_high=None,
    paired=None,
    latency_ratio=1.0,
)
# bytes and accuracy of each scheme
SCHEMES = {
    "8": (1000, 0.95),
    "4": (600, 0.94),
    "3": (500, 0.93),
    "2": (400, 0.90),
    "ternary": (350, 0.80),
    "binary": (300, 0.30),
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("size<0.6kB", True),
        ("size<599", False),
        ("size<=600 B", True),
        ("size<0.15x", True),
        ("size<0.14x", False),
        ("bits<4.8", True),
        ("bits<4", False),
        ("accuracy>0.9", True),
        ("accuracy > 0.94x", True),
        ("accuracy>0.95x", False),
        ("loss<1.1x", True),
        ("loss<1.05x", False),
    ],
)
def test_a_bound_is_absolute_or_a_multiple_of_the_parents(text, met):
    assert Target.parse(text, "accuracy").met_by(COST) is met


def test_what_is_no_target():
    with pytest.raises(ConfigError, match="write one such as size<1MB"):
        Target.parse("small", "accuracy")
    with pytest.raises(ConfigError, match="did you mean 'accuracy'"):
        Target.parse("acuracy>1", "accuracy")
    with pytest.raises((ConfigError, UnknownNameError), match="'many' is not a count"):
        Target.parse("size<many", "accuracy")


def search(*texts):
    """Return (what was kept, what was thrown away) of the schemes above."""

    def make(bits):
        size, score = SCHEMES[bits]
        return dataclasses.replace(COST, scheme=bits, file_bytes=size, validation_score=score)

    thrown = []
    kept, tried = smallest([Target.parse(text, "accuracy") for text in texts], make, thrown.append)
    assert tried == thrown
    return kept.scheme, [cost.scheme for cost in tried]


def test_the_smallest_that_is_good_enough_is_kept():
    assert search("accuracy>0.9") == ("2", ["binary", "ternary"])
    assert search("accuracy>0.9", "size<450") == ("2", ["binary", "ternary"])
    assert search("accuracy>0.1") == ("binary", [])


def test_where_only_size_is_bounded_the_best_that_fits_is_kept():
    assert search("size<550") == ("3", ["8", "4"])


def test_when_none_is_the_error_says_what_there_was():
    with pytest.raises(
        RequestError, match=r"no scheme meets the target \(binary: 300 bytes, accuracy 0.3, .*"
    ):
        search("accuracy>0.9", "size<350")
