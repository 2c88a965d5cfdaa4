import numpy as np
import pytest

from armillary.core.errors import ConfigError
from armillary.models.generation import Writing
from armillary.models.generation.writing import repetitions


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"n_beams": 0}, "n_beams takes 1 or more, got 0"),
        ({"n_best": 0}, "n_best takes 1 or more"),
        ({"max_tokens": 0}, "max_tokens takes 1 or more, or none"),
        ({"min_tokens": -1}, "min_tokens takes 0 or more"),
        ({"length_penalty": float("nan")}, "length_penalty takes a finite number"),
        ({"no_repeat_ngram": -1}, r"no_repeat_ngram takes 0 \(off\) or more"),
        ({"temperature": -0.5}, r"temperature takes 0 \(no sampling\) or more"),
        ({"temperature": 1.0, "top_k": 0}, "top_k takes 1 or more"),
        ({"temperature": 1.0, "top_p": 0.0}, "top_p takes above 0"),
        ({"seed": -1}, "seed takes 0 or more"),
        ({"temperature": 1.0, "n_beams": 4}, "set n_beams=1 or temperature=0"),
        ({"n_best": 3}, "set n_beams=3 or more"),
        ({"top_k": 5}, "set a temperature above 0"),
    ],
)
def test_options_without_sense_are_refused(fields, said):
    with pytest.raises(ConfigError, match=said):
        Writing(**fields)


def test_a_text_may_be_as_long_as_the_model_writes():
    assert Writing().limit(10) == 10
    assert Writing(max_tokens=4, min_tokens=3).limit(10) == 4
    with pytest.raises(ConfigError, match="the model writes 10 at most"):
        Writing(max_tokens=11).limit(10)
    with pytest.raises(ConfigError, match="it is 9 at most"):
        Writing(min_tokens=10).limit(10)


def test_what_would_complete_a_repeated_ngram():
    written = np.array([[1, 2, 3, 1, 2], [4, 4, 4, 4, 4], [1, 2, 3, 4, 5]])

    def found(n):
        return set(zip(*(places.tolist() for places in repetitions(written, n)), strict=True))

    assert found(3) == {(0, 3), (1, 4)}
    assert found(2) == {(0, 3), (1, 4)}
    assert found(1) == {(0, 1), (0, 2), (0, 3), (1, 4), *((2, t) for t in range(1, 6))}
    assert found(6) == set()
