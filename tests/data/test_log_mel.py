import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from armillary.core.errors import DataError
from armillary.data.audio import RATE
from armillary.data.log_mel import HOP, log_energies, log_mel, mel_bands, normalised, padded_to, together

CLIPS = {
    "noise": np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32),
    "quiet": np.random.default_rng(1).normal(0, 1e-5, 7_777).astype(np.float32),
    "sweep": np.sin(np.cumsum(np.linspace(0.01, 3.0, 33_333))).astype(np.float32),
    "short": np.random.default_rng(2).normal(0, 0.1, 333).astype(np.float32),
    "silence": np.zeros(5_000, np.float32),
}


def whisper(samples, n_mels=80, **how):
    extractor = WhisperFeatureExtractor(feature_size=n_mels)
    found = extractor(samples, sampling_rate=RATE, return_tensors="np", **how)
    return found.input_features[0].T


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("n_mels", [80, 128])
def test_features_are_whispers(name, n_mels):
    features, n_frames = log_mel(*together([CLIPS[name]]), n_mels)
    assert n_frames.tolist() == [len(CLIPS[name]) // HOP]
    np.testing.assert_allclose(features[0], whisper(CLIPS[name], n_mels, padding=False), atol=1e-4)


@pytest.mark.parametrize("name", CLIPS)
def test_features_of_padded_clips_are_whispers(name):
    features, _ = log_mel(padded_to(torch.from_numpy(CLIPS[name])[None]))
    assert features.shape == (1, 3_000, 80)
    np.testing.assert_allclose(features[0], whisper(CLIPS[name]), atol=1e-4)


def test_a_batch_gives_what_each_gives_alone():
    features, n_frames = log_mel(*together(list(CLIPS.values())))
    for row, n, samples in zip(features, n_frames.tolist(), CLIPS.values(), strict=True):
        alone, _ = log_mel(torch.from_numpy(samples)[None])
        torch.testing.assert_close(row[:n], alone[0])
        assert not row[n:].any()


def test_bands_are_those_of_transformers():
    np.testing.assert_allclose(mel_bands(80), WhisperFeatureExtractor().mel_filters, atol=1e-9)


def test_energies_need_their_own_window_alone():
    samples = torch.from_numpy(CLIPS["sweep"])[None]
    whole, _ = log_energies(samples, torch.tensor([samples.shape[1]]))
    part, _ = log_energies(samples[:, 40 * HOP : 60 * HOP], torch.tensor([20 * HOP]))
    torch.testing.assert_close(part[:, 2:18], whole[:, 42:58], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(normalised(whole, whole.amax((1, 2), keepdim=True)), log_mel(samples)[0])


def test_a_recording_shorter_than_a_frame_is_refused():
    with pytest.raises(DataError, match="a recording has 159 samples; one frame of features takes 160"):
        log_mel(torch.zeros(2, 800), torch.tensor([800, 159]))
