import numpy as np
import pytest

from armillary.core.errors import ConfigError
from armillary.data.audio import RATE
from armillary.data.base import SPLITS
from armillary.data.sources import SpelledDigits
from armillary.data.sources.spelled_digits import COLUMNS, ROWS, WORDS, Telephone, dialled

FEW = SpelledDigits(n_clips=60, n_telephones=6)


def test_the_same_clips_every_time():
    first, again = FEW.read(), FEW.read()
    for name in SPLITS:
        for a, b in zip(first[name], again[name], strict=True):
            assert (a.text, a.speaker) == (b.text, b.speaker)
            assert np.array_equal(a.audio, b.audio)
    other = SpelledDigits(n_clips=60, n_telephones=6, seed=1)
    assert [r.text for r in other.split("train")] != [r.text for r in first["train"]]


def test_clips_say_what_they_are():
    clips = [r for name in SPLITS for r in FEW.split(name)]
    assert len(clips) == 60
    assert all(r.synthetic and set(r.text.split()) <= set(WORDS["en"]) for r in clips)
    assert {len(r.text.split()) for r in clips} == {1, 2, 3, 4, 5, 6}
    assert all(np.abs(r.audio).max() <= 1 for r in clips)
    assert FEW.report()["n_test_speakers_in_training"] == 0


def test_chinese_words():
    source = SpelledDigits(language="zh", n_clips=60, n_telephones=6)
    assert set("".join(r.text for r in source.split("train"))) == set(WORDS["zh"])


@pytest.mark.parametrize("digit", range(10))
def test_keys_have_the_tones_of_q23(digit):
    sound = dialled([digit], Telephone(1.0, 0.3, 0.5, 60.0), np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(sound))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    low = hertz[np.where(hertz < 1000, spectrum, 0).argmax()]
    high = hertz[np.where(hertz > 1000, spectrum, 0).argmax()]
    row, column = (3, 1) if digit == 0 else divmod(digit - 1, 3)
    assert (low, high) == pytest.approx((ROWS[row], COLUMNS[column]), abs=8)


def test_too_few_clips_are_refused():
    with pytest.raises(ConfigError, match="n_telephones=30 n_clips=100"):
        SpelledDigits(n_clips=100)
