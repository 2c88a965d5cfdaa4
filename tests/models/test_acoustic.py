"""What every family promises that hears recordings."""

import pytest
import torch

from armillary.core.errors import ConfigError
from armillary.models import MODELS, Signature
from armillary.models.layers.frames import FrameReader, n_steps

CTC = Signature(inputs="frames", outputs="ctc", vocab_size=40, length=400, target_length=30, n_mels=20)
WRITES = CTC.replace(outputs="tokens")
FAMILIES = [("cnn", CTC), ("lstm", CTC), ("transformer", CTC), ("transformer", WRITES)]
TARGETS = torch.tensor([[3, 1, 2], [7, 8, 9], [1, 1, 39]])


def built(kind, signature):
    torch.manual_seed(0)
    return MODELS[kind]().fit_to(signature).at_size(1e5).build().eval()


def scores(model, signature, frames, lengths=None):
    """Return the scores of each row's real steps, or of the tokens that it is to write."""
    if signature is WRITES:
        return list(model(frames, lengths, TARGETS[: len(frames)]))
    out, steps = model(frames, lengths)
    return [row[:n] for row, n in zip(out, [None] * len(out) if steps is None else steps, strict=True)]


@pytest.mark.parametrize(("kind", "signature"), FAMILIES)
def test_a_row_is_heard_alike_alone_and_beside_longer_ones(kind, signature):
    model, frames = built(kind, signature), torch.randn(3, 50, 20)
    lengths = torch.tensor([50, 31, 2])
    together = scores(model, signature, frames, lengths)
    for i, length in enumerate(lengths.tolist()):
        model_targets = TARGETS[i : i + 1]
        alone = frames[i : i + 1, :length]
        if signature is WRITES:
            expected = model(alone, None, model_targets)[0]
        else:
            expected = scores(model, signature, alone)[0]
        torch.testing.assert_close(together[i], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "signature"), FAMILIES)
def test_it_has_the_size_asked_for_and_every_parameter_learns(kind, signature):
    config = MODELS[kind]().fit_to(signature).at_size(1e5)
    assert config.n_params == pytest.approx(1e5, rel=0.05)
    model = config.build()
    assert sum(p.numel() for p in model.parameters()) == config.n_params
    sum(row.square().sum() for row in scores(model, signature, torch.randn(3, 30, 20))).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("kind", ["cnn", "lstm", "transformer"])
def test_steps_are_one_for_each_three_frames(kind):
    out, steps = built(kind, CTC)(torch.randn(2, 31, 20), torch.tensor([31, 30]))
    assert out.shape == (2, 11, 40)
    assert steps.tolist() == [11, 10]


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_a_stride_that_is_begun_is_a_step(stride):
    reader = FrameReader(5, 8, stride)
    for n_frames in range(1, 14):
        out, _ = reader(torch.randn(1, n_frames, 5), None)
        assert n_steps(torch.tensor([n_frames]), stride).tolist() == [out.shape[1]]


def test_a_recording_has_no_tokens_to_copy():
    with pytest.raises(ConfigError, match="copy takes tokens"):
        MODELS["transformer"](copy=True).fit_to(WRITES)


def test_what_hears_and_writes_is_told():
    with pytest.raises(
        ConfigError, match=r"cnn cannot turn frames into tokens; families that can: transformer"
    ):
        MODELS["cnn"]().fit_to(WRITES)
