import itertools

import numpy as np
import pytest

from armillary.core.errors import ConfigError
from armillary.data.audio import RATE
from armillary.data.base import SPLITS
from armillary.data.sources import SungDigits
from armillary.data.sources.sung_digits import VOWELS, Voice, sung
from armillary.data.vocabulary import DIGITS

FEW = SungDigits(n_clips=60, n_voices=6)


def test_the_same_clips_every_time():
    first, again = FEW.read(), FEW.read()
    for name in SPLITS:
        for a, b in zip(first[name], again[name], strict=True):
            assert (a.text, a.speaker) == (b.text, b.speaker)
            assert np.array_equal(a.audio, b.audio)
    other = SungDigits(n_clips=60, n_voices=6, seed=1)
    assert [r.text for r in other.split("train")] != [r.text for r in first["train"]]


def test_clips_say_what_they_are():
    clips = [r for name in SPLITS for r in FEW.split(name)]
    assert len(clips) == 60
    assert all(r.synthetic and set(r.text.split()) <= set(DIGITS["en"]) for r in clips)
    assert {len(r.text.split()) for r in clips} == {1, 2, 3, 4, 5, 6}
    assert all(np.abs(r.audio).max() <= 1 for r in clips)
    assert FEW.report()["n_test_speakers_in_training"] == 0


def test_chinese_words():
    source = SungDigits(language="zh", n_clips=60, n_voices=6)
    assert set("".join(r.text for r in source.split("train"))) == set(DIGITS["zh"])


@pytest.mark.parametrize("digit", range(10))
def test_a_vowel_resonates_where_it_should(digit):
    sound = sung([digit], Voice(pitch=100.0, size=1.0, note=0.5, level=0.5, noise=60.0), dice())
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    low, high = (hertz[np.where(part, power, 0).argmax()] for part in (hertz < 880, hertz > 880))
    assert (low, high) == pytest.approx(VOWELS[digit], abs=60)


def test_vowels_stay_apart_at_other_speeds():
    for one, other in itertools.combinations(VOWELS, 2):
        assert max(abs(np.log(a / b)) for a, b in zip(one, other, strict=True)) > np.log(1.1 * 1.1 * 1.05**2)


def dice():
    return np.random.default_rng(0)


def test_too_few_clips_are_refused():
    with pytest.raises(ConfigError, match="n_voices=30 n_clips=100"):
        SungDigits(n_clips=100)
