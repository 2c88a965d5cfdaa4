import numpy as np
import pytest
import torch

from armillary.core.errors import ConfigError
from armillary.data.audio import RATE
from armillary.data.audio_changes import (
    SpecAugment,
    WaveChanges,
    at_other_speed,
    by_telephone,
    changed,
    hidden,
    with_noise,
)

SPEECH = (0.3 * np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)).astype(np.float32)
N_FRAMES = torch.tensor([120, 70, 200])


@pytest.fixture
def features():
    found = torch.randn(3, 200, 80, generator=torch.Generator().manual_seed(0))
    return found.masked_fill(torch.arange(200)[None, :, None] >= N_FRAMES[:, None, None], 0.0)


@pytest.mark.parametrize("speed", [0.9, 1.1, 1.5])
def test_speed_changes_length_and_pitch(speed):
    other = at_other_speed(SPEECH, speed)
    assert len(other) == pytest.approx(RATE / speed, abs=1)
    loudest = np.abs(np.fft.rfft(other)).argmax() * RATE / len(other)
    assert loudest == pytest.approx(500 * speed, abs=2)


@pytest.mark.parametrize("ratio", [-5.0, 0.0, 20.0])
def test_noise_has_the_power_asked_for(ratio):
    noisy = with_noise(SPEECH, ratio, seed=3)
    assert np.abs(noisy).max() <= 1.0
    scale = float(noisy @ SPEECH / (SPEECH @ SPEECH))  # noise is nearly orthogonal to a tone
    noise = noisy - scale * SPEECH
    found = 10 * np.log10(np.square(scale * SPEECH).mean() / np.square(noise).mean())
    assert found == pytest.approx(ratio, abs=0.5)


def test_silence_gets_no_noise():
    assert not with_noise(np.zeros(100, np.float32), 10.0, seed=0).any()


def test_a_seed_decides_the_change():
    how = WaveChanges(noise=1.0)
    assert np.array_equal(changed(SPEECH, how, 5), changed(SPEECH, how, 5))
    lengths = {len(changed(SPEECH, how, seed)) for seed in range(30)}
    assert lengths == {len(at_other_speed(SPEECH, speed)) for speed in how.speeds}
    assert np.array_equal(changed(SPEECH, WaveChanges(speeds=(1.0,), noise=0.0), 5), SPEECH)


def test_noise_comes_in_its_share():
    how = WaveChanges(speeds=(1.0,), noise=0.25)
    n = sum(not np.array_equal(changed(SPEECH[:1000], how, seed), SPEECH[:1000]) for seed in range(400))
    assert 70 < n < 130


def test_a_telephone_carries_nothing_above_4_khz():
    low, high = (np.sin(2 * np.pi * hz / RATE * np.arange(RATE)).astype(np.float32) for hz in (1000, 6000))
    heard = by_telephone(low / 2 + high / 2)
    assert len(heard) == RATE
    assert np.abs(heard - low / 2)[800:-800].max() < 1e-3
    how = WaveChanges(speeds=(1.0,), noise=0.0, telephone=0.25)
    n = sum(not np.array_equal(changed(SPEECH[:1000], how, seed), SPEECH[:1000]) for seed in range(400))
    assert 70 < n < 130


def test_what_is_hidden_is_the_mean_in_bands_and_spans(features):
    out = hidden(features, N_FRAMES, SpecAugment(), seed=1)
    for row, before, n in zip(out, features, N_FRAMES.tolist(), strict=True):
        gone = row != before
        assert not gone[n:].any()
        rows, columns = gone[:n].all(1), gone[:n].all(0)
        assert torch.equal(gone[:n], rows[:, None] | columns)
        assert rows.sum() <= 2 * 0.2 * n
        assert columns.sum() <= 2 * 27
        torch.testing.assert_close(row[gone], before[:n].mean().expand(int(gone.sum())))


def test_hiding_is_a_function_of_the_seed(features):
    how = SpecAugment(warp=10)
    first = hidden(features, N_FRAMES, how, seed=1)
    assert torch.equal(first, hidden(features, N_FRAMES, how, seed=1))
    assert not torch.equal(first, hidden(features, N_FRAMES, how, seed=2))


def test_widths_are_drawn_evenly(features):
    how = SpecAugment(n_bands=1, widest_band=4, n_spans=0)
    rows = features[:1].expand(1000, -1, -1)
    out = hidden(rows, N_FRAMES[:1].expand(1000), how, seed=0)
    counts = (out != rows).any(1).sum(1).bincount(minlength=5)
    assert len(counts) == 5
    assert counts.min() > 150


def test_warping_moves_time_and_keeps_the_ends():
    times = torch.arange(200.0)[None, :, None].expand(20, -1, 3)
    n_frames = torch.full((20,), 150)
    out = hidden(times, n_frames, SpecAugment(n_bands=0, n_spans=0, warp=20), seed=0)
    assert torch.equal(out[:, 150:], times[:, 150:])
    torch.testing.assert_close(out[:, [0, 149]], times[:, [0, 149]])
    moved = (out - times)[:, :150].abs().amax((1, 2))
    assert moved.max() <= 20
    assert moved.max() > 10
    assert (out[:, :150].diff(dim=1) > 0).all()


def test_nothing_asked_for_changes_nothing(features):
    assert torch.equal(hidden(features, N_FRAMES, SpecAugment(n_bands=0, n_spans=0), seed=0), features)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: WaveChanges(speeds=()), r"speeds lie from 0.5 to 2 and one is needed, got \(\)"),
        (lambda: WaveChanges(speeds=(3.0,)), "speeds lie from 0.5 to 2"),
        (lambda: WaveChanges(noise=2.0), "noise is a share of the recordings, 0 to 1, got 2.0"),
        (lambda: WaveChanges(loudest_noise=40.0), "loudest_noise up to quietest_noise, got 40.0 and 30.0"),
        (lambda: SpecAugment(n_bands=-1), "n_bands is 0 or more, got -1"),
        (lambda: SpecAugment(most_of_time=1.5), "most_of_time is a share, 0 to 1, got 1.5"),
    ],
)
def test_changes_that_make_no_sense_are_refused(make, said):
    with pytest.raises(ConfigError, match=said):
        make()
