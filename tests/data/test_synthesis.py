import sys

import numpy as np
import pytest

from armillary.core.errors import DataError, MissingExtraError
from armillary.data import synthesis
from armillary.data.audio import RATE
from armillary.data.synthesis import Utterance, speak

espeak = pytest.importorskip("espeakng_loader", reason="eSpeak NG is an extra")


def test_a_list_sounds_the_same_each_time():
    asked = [
        Utterance("seven", "en-us+f2"),
        Utterance("二十七", "cmn+m3"),
        Utterance("seven", "en+m1", speed=90),
    ]
    first, again = speak(asked), speak(asked)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert all(0.2 * RATE < len(samples) < 3 * RATE for samples in first)
    assert all(0.1 < np.abs(samples).max() <= 1 for samples in first)
    assert len(first[2]) > 1.3 * len(first[0])


@pytest.mark.parametrize(
    ("utterance", "said"),
    [
        (Utterance("seven", "klingonish"), "eSpeak NG has no voice 'klingonish'; a voice is a language"),
        (Utterance("", "en+f2"), "eSpeak NG's voice 'en[+]f2' says nothing for ''"),
    ],
)
def test_what_cannot_be_said_is_one_line(utterance, said):
    with pytest.raises(DataError, match=said) as caught:
        speak([Utterance("one", "en"), utterance])
    assert "\n" not in str(caught.value)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(synthesis.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"'espeakng-loader', .*armillary\[espeak\]"):
        speak([Utterance("one", "en")])
    assert "espeakng_loader" in sys.modules
