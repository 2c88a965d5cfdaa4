"""The encoder-decoder against the same numbers computed one step, one head, one position at a time."""

import math

import pytest
import torch

from armillary.core.errors import ConfigError
from armillary.models import Signature
from armillary.models.lstm import LSTMConfig
from armillary.models.lstm.cell import lstm_step

PAIRS = Signature(inputs="tokens", outputs="tokens", vocab_size=40, length=12, target_length=10)


def built(**fields):
    """Return a model whose biases, norms and first states are not the zeros and ones they start as."""
    torch.manual_seed(0)
    model = LSTMConfig(signature=PAIRS, **{"d_model": 128, "d_hidden": 32, **fields}).build().eval()
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return model


def steps(block, xs, suffix="", memory=None):
    """Return (what a recurrent block's LSTM says at each step, without its map and sum)."""
    W, U, b, b2 = (
        getattr(block.lstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    (h, c), said = memory, []
    for x in xs:
        h, c = lstm_step(block.norm(x)[None], h, c, W, U, b + b2)
        said.append(h[0])
    return said


def encoded(model, tokens):
    xs = [model.embedding.table.weight[token] * model.embedding.scale for token in tokens]
    for block in model.encoder:
        units = block.lstm.hidden_size
        h, c = block.first_h.view(2, 1, units), block.first_c.view(2, 1, units)
        there = steps(block, xs, memory=(h[0], c[0]))
        back = steps(block, xs[::-1], "_reverse", (h[1], c[1]))[::-1]
        xs = [x + block.out.weight @ torch.cat(both) for x, *both in zip(xs, there, back, strict=True)]
    return [model.encoder_norm(x) for x in xs]


def attended(attention, x, sources):
    """Return (what is found, weights of each head), head by head."""
    width, found, shares = len(x) // attention.n_heads, [], []
    keys, values = attention.key_value.weight.chunk(2)
    for head in range(attention.n_heads):
        part = slice(head * width, (head + 1) * width)
        query = attention.query.weight[part] @ x
        energies = torch.stack([query @ (keys[part] @ h) for h in sources]) / math.sqrt(width)
        share = energies.exp() / energies.exp().sum()
        found.append(sum(a * (values[part] @ h) for a, h in zip(share, sources, strict=True)))
        shares.append(share)
    return attention.out.weight @ torch.cat(found), torch.stack(shares).mean(0)


def reference(model, tokens, targets):
    """Return (scores, alignment) of one pair, (target, vocab_size) and (target, source)."""
    sources, looked = encoded(model, tokens), []
    begin = model.bridge.weight @ torch.stack(sources).mean(0)
    before = [39, *targets[:-1]]  # the end mark stands before the first
    xs = [model.embedding.table.weight[token] * model.embedding.scale for token in before]
    for layer, added in zip(model.decoder, begin.view(len(model.decoder), 2, -1), strict=True):
        block = layer.recurrent
        said = steps(block, xs, memory=(block.first_h + added[:1], block.first_c + added[1:]))
        xs = [x + block.out.weight @ h for x, h in zip(xs, said, strict=True)]
        found = [attended(layer.attention, layer.norm(x), sources) for x in xs]
        xs = [x + what for x, (what, _) in zip(xs, found, strict=True)]
        looked.append(torch.stack([share for _, share in found]))
    scores = torch.stack([model.embedding.table.weight @ model.norm(x) for x in xs])
    return scores, torch.stack(looked).mean(0)


@pytest.mark.parametrize("layers", [{}, {"n_decoder_layers": 1}])
def test_it_is_the_same_computed_step_by_step(layers):
    model = built(**layers)
    assert model.decoder[0].attention.n_heads == 2
    inputs, lengths = torch.randint(40, (2, 7)), torch.tensor([7, 4])
    targets = torch.randint(40, (2, 5))
    with torch.no_grad():
        scores = model(inputs, lengths, targets)
        weights = model.alignment(inputs, lengths, targets)
        for row, n in enumerate(lengths.tolist()):
            expected, shares = reference(model, inputs[row, :n].tolist(), targets[row].tolist())
            torch.testing.assert_close(scores[row], expected, atol=2e-5, rtol=1e-5)
            torch.testing.assert_close(weights[row, :, :n], shares, atol=1e-5, rtol=1e-5)


def test_nothing_is_encoded_of_padding():
    model, seen = built(d_model=16), []
    for block in model.encoder:
        block.norm.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    model.read(torch.randint(40, (3, 10)), torch.tensor([10, 1, 4]))
    assert seen == [15, 15]


def test_a_source_without_tokens_has_scores():
    model = built(d_model=16, copy=True)
    scores = model(torch.randint(40, (2, 5)), torch.tensor([0, 5]), torch.randint(40, (2, 3)))
    assert scores.isfinite().all()


def test_the_number_of_decoder_layers_is_its_own():
    model = LSTMConfig(signature=PAIRS, n_layers=3, n_decoder_layers=1).build()
    assert (len(model.encoder), len(model.decoder)) == (3, 1)
    model = LSTMConfig(signature=PAIRS, n_layers=3).build()
    assert (len(model.encoder), len(model.decoder)) == (3, 3)


def test_two_directions_share_the_units_evenly():
    with pytest.raises(ConfigError, match="shared by two directions, so it is even, not 25"):
        LSTMConfig(signature=PAIRS, d_hidden=25)


def test_dropout_is_of_training_alone_and_can_be_set():
    config = LSTMConfig(signature=PAIRS, d_model=16)
    assert config.dropout_rate == 0.2
    assert config.replace(dropout=0.0).dropout_rate == 0.0
    inputs, targets = torch.randint(40, (2, 5)), torch.randint(40, (2, 3))
    torch.manual_seed(0)
    model = config.build()
    assert not torch.equal(model(inputs, None, targets), model(inputs, None, targets))
    model.eval()
    assert torch.equal(model(inputs, None, targets), model(inputs, None, targets))
