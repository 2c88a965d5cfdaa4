"""Parameters and FLOP of every architecture, counted by hand: the arithmetic is the test.

A multiply-add is 2 FLOP.  The backward pass of a product costs twice the forward pass, once where its
input needs no gradient: 3 in all, or 2 on the first layer over an image.
"""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from armillary.models import Signature
from armillary.models.cnn import ClassicCNNConfig, CNNConfig
from armillary.models.lstm import ClassicLSTMConfig, LSTMConfig
from armillary.models.transformer import TransformerConfig

B, T, V, C = 3, 12, 50, 5  # batch, tokens, vocabulary, classes
W = 7  # tokens written
WRITING = Signature(vocab_size=V, length=T)
READING = Signature(outputs="class", vocab_size=V, length=T, n_classes=C)
PAIRS = Signature(outputs="tokens", vocab_size=V, length=T, target_length=W)
IMAGE = Signature(inputs="image", outputs="class", channels=1, height=8, width=8, n_classes=C)


def flop(config):
    """Return the FLOP of a forward and a backward pass, counted by torch on the meta device."""
    with torch.device("meta"):
        model = config.build()
        tokens = config.signature.inputs == "tokens"
        inputs = torch.zeros(B, T, dtype=torch.long) if tokens else torch.zeros(B, 1, 8, 8)
        written = (None, torch.zeros(B, W, dtype=torch.long)) if config.signature.outputs == "tokens" else ()
    with FlopCounterMode(display=False) as counter:
        out = model(inputs, *written)
        (out[0] if isinstance(out, tuple) else out).sum().backward()
    return counter.get_total_flops()


def test_decoder():
    config = TransformerConfig(signature=WRITING, d_model=16, n_layers=2, n_heads=2, d_ff=24)
    block = 3 * 16 * 16 + 16 * 16 + 2 * 16 * 24 + 24 * 16  # query-key-value, out, gate-up, down
    assert config.n_params == V * 16 + 2 * (block + 2 * 16) + 16  # two norms in a block, one at the end
    assert config.n_params_non_embedding == config.n_params - V * 16
    attention = 2 * T * T * 16  # scores and mixture, all heads together, for one text
    assert flop(config) == 3 * 2 * B * (2 * (T * block + attention) + T * 16 * V)


def test_encoder():
    config = TransformerConfig(
        signature=READING, d_model=16, n_layers=1, n_heads=2, d_ff=24, activation="gelu"
    )
    block = 4 * 16 * 16 + 2 * 16 * 24
    assert config.n_params == V * 16 + block + 3 * 16 + 16 * C + C
    assert flop(config) == 3 * 2 * B * (T * block + 2 * T * T * 16 + 16 * C)


def test_vision_transformer():
    config = TransformerConfig(signature=IMAGE, d_model=16, n_layers=1, n_heads=2, d_ff=24)
    block = 4 * 16 * 16 + 3 * 16 * 24
    patches = 16  # 4 x 4, of 2 x 2 pixels
    assert config.n_params == 4 * 16 + 16 + patches * 16 + block + 3 * 16 + 16 * C + C
    layers = patches * block + 2 * patches * patches * 16 + 16 * C
    assert flop(config) == 2 * B * (3 * layers + 2 * patches * 4 * 16)


def test_causal_cnn():
    config = CNNConfig(signature=WRITING, d_model=16, n_layers=4, expansion=1.5)
    block = 2 * 16 * 2 * 24 + 24 * 16  # two taps to gate and value, and back
    assert config.n_params == V * 16 + 4 * (block + 16) + 16
    assert flop(config) == 3 * 2 * B * T * (4 * block + 16 * V)


def test_text_cnn():
    config = CNNConfig(signature=READING, d_model=16, expansion=0.5)
    filters = (3 + 4 + 5) * 16 * 8
    assert config.n_params == V * 16 + filters + 3 * 8 + 3 * 8 * C + C
    assert flop(config) == 3 * 2 * B * (T * filters + 3 * 8 * C)


def test_residual_network():
    config = CNNConfig(signature=IMAGE, d_model=4, n_layers=1)
    stem, first = 9 * 1 * 4, 2 * 9 * 4 * 4
    second = 9 * 4 * 8 + 9 * 8 * 8 + 4 * 8  # two convolutions and a projected shortcut
    norms = 2 * (4 + 4 + 4 + 8 + 8 + 8)
    assert config.n_params == stem + first + second + norms + 8 * C + C
    on_64_pixels, on_16_pixels = 64 * first, 16 * second
    assert flop(config) == 2 * B * (3 * (on_64_pixels + on_16_pixels + 8 * C) + 2 * 64 * stem)


def test_classic_cnn():
    config = ClassicCNNConfig(signature=IMAGE)
    first, second, hidden = 9 * 1 * 32, 9 * 32 * 64, 2 * 2 * 64 * 128
    assert config.n_params == first + 32 + second + 64 + hidden + 128 + 128 * C + C
    assert flop(config) == 2 * B * (3 * (16 * second + hidden + 128 * C) + 2 * 64 * first)


def test_recurrent_language_model():
    config = LSTMConfig(signature=WRITING, d_model=16, n_layers=2, d_hidden=24)
    gates, out = 4 * 24 * (16 + 24), 24 * 16
    biases, norm, first_state = 2 * 4 * 24, 2 * 16, 2 * 24
    assert config.n_params == V * 16 + 2 * (gates + out + biases + norm + first_state) + 2 * 16
    assert flop(config) == 3 * 2 * B * T * (2 * (gates + out) + 16 * V)


@pytest.mark.parametrize(("signature", "steps", "entry"), [(READING, T, 0), (IMAGE, 8, 8 * 16)])
def test_recurrent_classifier(signature, steps, entry):
    config = LSTMConfig(signature=signature, d_model=16, n_layers=1, d_hidden=24)
    gates, out = 2 * 4 * 12 * (16 + 12), 24 * 16  # 12 units in each direction
    table_or_map = V * 16 if entry == 0 else entry + 16
    body = gates + 2 * 2 * 4 * 12 + out + 2 * 16 + 2 * 24
    assert config.n_params == table_or_map + body + 2 * 16 + 16 * C + C
    assert flop(config) == 2 * B * (3 * (steps * (gates + out) + 16 * C) + 2 * steps * entry)


@pytest.mark.parametrize("copies", [False, True])
def test_recurrent_encoder_decoder(copies):
    config = LSTMConfig(signature=PAIRS, d_model=16, n_layers=1, d_hidden=24, copy=copies)
    reading, writing = 2 * 4 * 12 * (16 + 12) + 24 * 16, 4 * 24 * (16 + 24) + 24 * 16
    bridge, attention = 16 * 2 * 24, 4 * 16 * 16
    biases, first_states = 2 * 2 * 4 * 12 + 2 * 4 * 24, 2 * 2 * 24
    pointer = 2 * 16 * 16 + 2 * 16 if copies else 0
    norms = 5 * 2 * 16
    body = reading + writing + bridge + attention + biases + first_states + norms
    assert config.n_params == V * 16 + body + pointer + copies
    of_sources = T * (reading + 2 * 16 * 16) + bridge
    of_targets = W * (writing + 2 * 16 * 16 + 16 * V)
    looking = W * T * 2 * 16  # scores and mixture
    copying = (T + W) * pointer // 2 + W * T * (16 + 1) if copies else 0
    assert flop(config) == 3 * 2 * B * (of_sources + of_targets + looking + copying)


def test_classic_lstm():
    config = ClassicLSTMConfig(signature=READING, d_embedding=8, d_hidden=16)
    gates = 4 * 16 * (8 + 16) + 4 * 16 * (16 + 16)
    assert config.n_params == V * 8 + gates + 2 * 2 * 4 * 16 + 16 * C + C
    of_the_first_state = 2 * 4 * 16 * 16  # which is zero and needs no gradient, in two layers
    assert flop(config) == 2 * B * (3 * (T * gates + 16 * C) - of_the_first_state)
