import tracemalloc

import numpy as np
import pytest
import soundfile
import soxr

from armillary.core.errors import DataError, MissingExtraError
from armillary.data import audio
from armillary.data.audio import RATE, audio_facts, blocks, load, pieces, seconds
from armillary.data.base import Recording


def tone(duration, rate=RATE, hertz=440.0, level=0.5):
    return level * np.sin(2 * np.pi * hertz * np.arange(round(duration * rate)) / rate)


def agreement(a, b):
    """Return the correlation of two signals over what they have in common."""
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


@pytest.mark.parametrize(
    ("suffix", "rate"), [("wav", 8_000), ("flac", 192_000), ("ogg", 44_100), ("mp3", 48_000)]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_kind_of_file_sounds_the_same(tmp_path, suffix, rate, channels):
    path = tmp_path / f"录音.{suffix}"
    soundfile.write(path, np.stack([tone(1.5, rate)] * channels, axis=1), rate)
    samples = load(path)
    assert samples.dtype == np.float32
    assert abs(len(samples) - 1.5 * RATE) <= (0.1 * RATE if suffix == "mp3" else 1)
    assert agreement(samples[:RATE], tone(1.0)) > 0.999
    assert seconds(path) == pytest.approx(len(samples) / RATE, abs=0.001)


def test_blocks_join_as_if_resampled_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "BLOCK", 4_000)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (44_100, 3)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noise, 44_100, subtype="FLOAT")
    parts = list(blocks(tmp_path / "a.wav"))
    assert len(parts) > 30
    whole = soxr.resample(noise.mean(axis=1), 44_100, RATE)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_memory_does_not_grow_with_length(tmp_path):
    def peak(duration):
        path = tmp_path / "long.wav"
        soundfile.write(path, np.zeros((duration * 192_000, 8), np.int16), 192_000)
        tracemalloc.start()
        n = sum(len(piece.samples) for piece in pieces(path, longest=2.0))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert n == duration * RATE
        return most

    assert peak(6) < 1.2 * peak(2) < 40e6


def test_a_recording_is_its_samples_or_its_file(tmp_path):
    samples = tone(0.5).astype(np.float32)
    assert load(Recording(samples, "la")) is samples
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    np.testing.assert_allclose(load(Recording(tmp_path / "a.wav", "la")), samples, atol=1e-6)


def test_samples_stay_within_one(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.sign(tone(0.5, 44_100)), 44_100)
    assert np.abs(load(tmp_path / "a.wav")).max() <= 1.0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "text.wav",
            b"these are words, not sound\n" * 100,
            r"text\.wav cannot be read as audio: .*; WAV, FLAC",
        ),
        ("text.mp3", b"these are words, not sound\n" * 100, r"text\.mp3 cannot be read as audio: "),
        ("none.wav", b"", r"none\.wav is empty: 0 bytes"),
    ],
)
def test_what_is_no_audio_is_said_in_one_line(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    for read in (load, seconds, audio_facts):
        with pytest.raises(DataError, match=said) as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_missing_file_and_one_without_samples_are_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.wav cannot be read as audio: No such file"):
        load(tmp_path / "gone.wav")
    soundfile.write(tmp_path / "nothing.wav", np.zeros(0), RATE)
    with pytest.raises(DataError, match=r"nothing\.wav is audio of no length"):
        load(tmp_path / "nothing.wav")


def test_a_damaged_flac_is_named(tmp_path):
    path = tmp_path / "cut.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 5 * RATE), RATE)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"cut\.flac "):
        load(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 32_767.0])
def test_floats_that_are_no_samples_are_refused(tmp_path, value):
    soundfile.write(tmp_path / "a.wav", np.array([0.0, value, 0.0]), RATE, subtype="FLOAT")
    with pytest.raises(DataError, match=r"a\.wav holds samples of magnitude .*\[-1, 1\]"):
        load(tmp_path / "a.wav")


def test_facts_of_a_plain_tone(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(2, 8_000)] * 2, axis=1), 8_000)
    facts = audio_facts(tmp_path / "a.wav")
    assert (facts.seconds, facts.rate, facts.channels, facts.clipped) == (2.0, 8_000, 2, 0.0)
    assert facts.peak == pytest.approx(0.5, abs=1e-3)
    assert facts.level == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    assert facts.remarks() == []


def test_silence_and_clipping_are_facts(tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(RATE), RATE)
    facts = audio_facts(tmp_path / "still.wav")
    assert facts.is_silent
    assert facts.level == -np.inf
    assert facts.remarks() == ["silent: the peak is 0 of full scale"]
    assert not load(tmp_path / "still.wav").any()
    loud = tone(1.0, hertz=100, level=2.0).clip(-1, 1)
    soundfile.write(tmp_path / "loud.wav", loud, RATE)
    facts = audio_facts(tmp_path / "loud.wav")
    assert facts.clipped == pytest.approx(np.mean(np.abs(loud) >= 0.999), rel=0.01)
    assert facts.remarks() == [f"clipped: {facts.clipped:.2%} of the samples are at full scale"]


def test_two_samples_at_full_scale_are_not_clipping(tmp_path):
    samples = tone(0.1)
    samples[[100, 101, 300]] = 1.0
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    assert audio_facts(tmp_path / "a.wav").clipped == 0.0


def test_long_recordings_are_cut_at_pauses():
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 25 * RATE).astype(np.float32)
    pauses = (7.0, 12.0, 18.5)
    for pause in pauses:
        noise[round(pause * RATE) : round((pause + 0.5) * RATE)] *= 0.01
    found = list(pieces(np.array_split(noise, 7), longest=8.0))
    assert np.array_equal(np.concatenate([piece.samples for piece in found]), noise)
    assert [piece.start for piece in found][1:] == pytest.approx([p + 0.25 for p in pauses], abs=0.15)
    assert max(len(piece.samples) for piece in found) <= 8 * RATE


def test_speech_without_pauses_is_cut_all_the_same():
    found = list(pieces([tone(10).astype(np.float32)], longest=1.0))
    sizes = [len(piece.samples) / RATE for piece in found]
    assert sum(sizes) == pytest.approx(10)
    assert all(0.5 <= size <= 1.0 for size in sizes[:-1])
    np.testing.assert_allclose([piece.start for piece in found], np.cumsum([0, *sizes[:-1]]))


def test_short_recordings_stay_whole():
    (piece,) = pieces([tone(1).astype(np.float32)])
    assert (piece.start, len(piece.samples)) == (0.0, RATE)


def test_pieces_have_room_for_a_pause():
    with pytest.raises(ValueError, match=r"0\.6 s or longer, got 0\.1"):
        next(pieces([tone(1).astype(np.float32)], longest=0.1))


def test_a_missing_library_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    with pytest.raises(MissingExtraError, match=r"'soundfile', which .*armillary\[speech\]"):
        load(tmp_path / "a.wav")
