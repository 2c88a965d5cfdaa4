import numpy as np
import pytest
import torch

from armillary.data.audio import RATE
from armillary.data.log_mel import HOP, log_mel, together
from armillary.data.pitch import HEIGHT, N_PITCH, SLOPE, log_pitches, pitch_features, steadiest, strengths


def voice(*hertz: float, seconds: float = 0.6) -> np.ndarray:
    """Return a buzz whose pitch goes from the first to the last of ``hertz``, evenly in its logarithm."""
    n = round(seconds * RATE)
    at = np.exp(np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(hertz)), np.log(hertz)))
    phase = 2 * np.pi * np.cumsum(at) / RATE
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 8))).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 120, 200, 333, 420])
def test_a_steady_voice_has_its_pitch(hertz):
    wave = torch.from_numpy(voice(hertz, hertz))
    strong = strengths(wave, len(wave) // HOP)
    path = steadiest(strong[None])[0]
    found = log_pitches()[path].exp()[5:-8]
    assert torch.allclose(found, torch.tensor(float(hertz)), rtol=0.02)
    assert strong[20, path[20]] > 0.95


def test_tones_are_told_by_slopes_whatever_the_voice():
    waves = [voice(*pitch) for pitch in ((110, 160), (220, 320), (160, 110), (150, 150))]
    height, slope, strength = pitch_features(*together(waves))[:, 10:-10].unbind(2)
    expected = np.log(160 / 110) / 60
    assert slope[0].mean() / SLOPE == pytest.approx(expected, rel=0.15)
    assert slope[1].mean() / SLOPE == pytest.approx(expected, rel=0.15)
    assert slope[2].mean() / SLOPE == pytest.approx(-expected, rel=0.15)
    assert abs(slope[3].mean()) < 0.02
    assert (height[0] - height[1]).abs().max() / HEIGHT < 0.05
    assert strength.min() > 0.8


def test_rows_are_what_they_are_alone_and_fit_the_mels():
    waves = [voice(120, 200, seconds=0.31), voice(200, 150, seconds=0.8), np.zeros(2000, np.float32)]
    batch, (mels, n_frames) = pitch_features(*together(waves)), log_mel(*together(waves))
    assert batch.shape == (*mels.shape[:2], N_PITCH)
    for row, wave, n in zip(batch, waves, n_frames.tolist(), strict=True):
        assert torch.allclose(row[:n], pitch_features(*together([wave]))[0], atol=1e-4)
        assert (row[n:] == 0).all()


def test_silence_and_noise_have_no_pitch():
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE // 2).astype(np.float32)
    silent, noisy = pitch_features(*together([np.zeros(RATE // 2, np.float32), noise]))
    assert silent.abs().max() < 1e-3
    assert noisy[:, 2].mean() < 0.5
