import pytest
import torch

from armillary.models.images.conditioning import (
    CaptionEncoder,
    ClassEncoder,
    Conditioning,
    without_captions,
)
from armillary.models.layers.block import BlockConfig

VOCAB = 20


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return CaptionEncoder(VOCAB, 6, BlockConfig(d_model=16, n_heads=2, d_ff=32, n_layers=2))


def test_padding_changes_nothing(encoder):
    tokens = torch.randint(VOCAB, (3, 6))
    lengths = torch.tensor([2, 6, 4])
    whole = encoder(tokens, lengths)
    alone = encoder(tokens[:1, :2])
    assert torch.allclose(whole.vector[:1], alone.vector, atol=1e-5)
    assert torch.allclose(whole.tokens[:1, :2], alone.tokens, atol=1e-5)
    assert whole.real.sum(1).tolist() == [2, 6, 4]


def test_the_order_of_words_matters(encoder):
    a, b = encoder(torch.tensor([[1, 2, 3]])).vector, encoder(torch.tensor([[3, 2, 1]])).vector
    assert (a - b).abs().max() > 1e-3


def test_no_caption_is_the_mark_alone(encoder):
    tokens, lengths = torch.randint(VOCAB - 1, (3, 6)), torch.tensor([6, 5, 3])
    chosen = torch.tensor([True, False, True])
    dropped = without_captions(tokens, lengths, chosen, encoder.mark)
    assert dropped[1].tolist() == [1, 5, 1]
    found = encoder(*dropped).vector
    nothing = encoder(torch.tensor([[VOCAB - 1]])).vector
    assert torch.allclose(found[chosen], nothing.expand(2, -1), atol=1e-5)
    assert torch.allclose(found[1], encoder(tokens, lengths).vector[1], atol=1e-5)
    assert tokens.max() < VOCAB - 1  # the given ones are as they were


def test_classes_have_vectors_and_so_has_none():
    encoder = ClassEncoder(3, 8)
    found = encoder(torch.tensor([0, 2, encoder.none, 0]))
    assert found.tokens is None
    assert torch.equal(found.vector[0], found.vector[3])
    assert len(found.vector.unique(dim=0)) == 3


def test_joined_rows_and_mixed_ends(encoder):
    a, b = (encoder(torch.randint(VOCAB, (2, 4)), torch.tensor(n)) for n in ([2, 4], [3, 1]))
    both = a.joined(b)
    assert torch.equal(both.tokens, torch.cat((a.tokens, b.tokens)))
    assert both.real.shape == (4, 4)
    assert torch.allclose(a.mixed(b, 1.0).vector, b.vector, atol=1e-6)
    half = a.mixed(b, 0.5)
    assert torch.allclose(half.tokens, (a.tokens + b.tokens) / 2, atol=1e-6)
    assert half.real.sum(1).tolist() == [3, 4]
    assert Conditioning(a.vector).joined(Conditioning(b.vector)).tokens is None
