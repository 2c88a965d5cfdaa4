import pytest
import torch

from armillary.core.errors import ConfigError
from armillary.models import Signature
from armillary.models.lstm import ClassicLSTMConfig, LSTMConfig

READING = Signature(outputs="class", vocab_size=30, length=10, n_classes=3)


def test_nothing_is_computed_for_padding():
    torch.manual_seed(0)
    model = LSTMConfig(signature=READING, d_model=8).build()
    seen = []
    for block in model.blocks:
        block.norm.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    model(torch.randint(30, (4, 10)), torch.tensor([10, 2, 1, 5]))
    assert seen == [18, 18]


def test_both_directions_are_read():
    torch.manual_seed(0)
    model = LSTMConfig(signature=READING, d_model=8, n_layers=1).build().eval()
    first = {}
    model.blocks[0].register_forward_hook(lambda _, __, out: first.update(now=out[0][:, 0]))
    tokens = torch.randint(30, (1, 10))
    model(tokens)
    before = first["now"]
    tokens[:, -1] = (tokens[:, -1] + 1) % 30
    model(tokens)
    assert not torch.equal(first["now"], before)


def test_rows_of_an_image_are_read_from_top_to_bottom():
    images = torch.arange(2 * 3 * 4.0).view(1, 2, 3, 4)
    signature = Signature(inputs="image", outputs="class", channels=2, height=3, width=4, n_classes=3)
    torch.manual_seed(0)
    model = ClassicLSTMConfig(signature=signature, d_hidden=6).build()
    rows = torch.stack([images[:, :, y].flatten(1) for y in range(3)], 1)
    _, (last, _) = model.lstm(rows)
    torch.testing.assert_close(model(images), model.head(last[-1]))


def test_the_classic_answers_from_the_last_real_step():
    torch.manual_seed(0)
    model = ClassicLSTMConfig(signature=READING, d_embedding=8, d_hidden=6).build()
    tokens, lengths = torch.randint(30, (2, 10)), torch.tensor([10, 4])
    out, _ = model.lstm(model.embedding(tokens))
    expected = model.head(torch.stack((out[0, 9], out[1, 3])))
    torch.testing.assert_close(model(tokens, lengths), expected)


def test_two_directions_share_the_units_evenly():
    with pytest.raises(ConfigError, match="shared by two directions, so it is even, not 25"):
        LSTMConfig(signature=READING, d_hidden=25)
    assert LSTMConfig(signature=READING.replace(outputs="next-token"), d_hidden=25).n_params
