import pytest
import torch
from tiny_tasks import CASES
from torch import nn

from armillary.core.errors import CheckpointError, ConfigError, RequestError
from armillary.models import MODELS, Signature
from armillary.models.quantization import FakeQuantization, Quantization, grids, packed, unpacked
from armillary.tasks.base import judged

WRITING = Signature(inputs="tokens", outputs="next-token", vocab_size=300, length=32)
TRANSLATION = Signature(inputs="tokens", outputs="tokens", vocab_size=300, length=32, target_length=32)
DIGITS = Signature(inputs="image", outputs="class", channels=1, height=8, width=8, n_classes=10)
FOUR = Quantization(bits="4")


def built(kind, signature, n_params=6e4):
    torch.manual_seed(0)
    return MODELS[kind]().fit_to(signature).at_size(n_params).build().eval()


class Both(nn.Module):
    """A table that is also the map to scores, an LSTM, two kernels and what stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(40, 36)
        self.lstm = nn.LSTM(36, 36, bidirectional=True)
        self.kernel = nn.Conv2d(36, 40, 3)
        self.line = nn.Conv1d(33, 33, 2)
        self.norm = nn.BatchNorm2d(40)
        self.scores = nn.Linear(36, 40, bias=False)
        self.scores.weight = self.table.weight


def weights_of(module):
    return {name: p.detach() for name, p in module.named_parameters()} | dict(module.named_buffers())


def test_matrices_kernels_and_tables_are_rounded_and_nothing_else():
    found = grids(Both(), FOUR)
    lstm = {f"lstm.weight_{end}_l0{way}" for end in ("ih", "hh") for way in ("", "_reverse")}
    assert set(found) == {"table.weight", "kernel.weight", "line.weight", *lstm}
    assert {grid.bits for grid in found.values()} == {"4"}


def test_what_is_read_back_is_rounded_and_the_rest_is_untouched():
    module = Both()
    weights = weights_of(module)
    file = packed(module, FOUR, weights)
    assert file["kernel.weight.codes"].shape == (36 * 40 * 9 // 2,)
    assert file["kernel.weight.scales"].shape == (40, 6)  # 324 weights a row, in groups of at most 64
    back = unpacked(module, FOUR, file)
    assert back.keys() == weights.keys()
    for name, tensor in weights.items():
        assert back[name].shape == tensor.shape
        changed = name in grids(module, FOUR)
        assert torch.equal(back[name], tensor) != changed
        if changed:
            assert (back[name] - tensor).abs().max() < 0.3 * tensor.abs().max()


def test_a_tied_table_is_kept_once():
    file = packed(Both(), FOUR, weights_of(Both()))
    assert not any(name.startswith("scores") for name in file)


def test_tables_and_narrow_matrices_have_more_levels():
    scheme = Quantization(bits="ternary")
    found = grids(Both(), scheme)
    assert found["table.weight"].bits == "4"
    assert found["kernel.weight"].bits == "ternary"
    narrow = nn.Sequential(nn.Conv2d(1, 64, 3), nn.Linear(100, 10))
    assert {name: grid.bits for name, grid in grids(narrow, scheme).items()} == {
        "0.weight": "8",
        "1.weight": "8",
    }


def test_small_tensors_and_those_that_are_named_stay():
    assert "table.weight" not in grids(Both(), Quantization(smallest=1441))
    assert not any(name.startswith("lstm") for name in grids(Both(), Quantization(keep=("lstm.*",))))


@pytest.mark.parametrize("bits", ["8", "4", "3", "2", "ternary", "binary"])
def test_the_packed_bytes_are_what_the_bits_say(bits):
    module = nn.Linear(640, 64, bias=False)
    file = packed(module, Quantization(bits=bits), weights_of(module))
    n = sum(tensor.numel() * tensor.element_size() for tensor in file.values())
    each = {"8": 8 + 16 / 640, "4": 4.25, "3": 3.25, "2": 2.25, "ternary": 1.85, "binary": 1.25}[bits]
    assert 8 * n / (640 * 64) == pytest.approx(each)


@pytest.mark.parametrize(
    ("kind", "signature"),
    [(kind, s) for kind in ("cnn", "lstm", "transformer") for s in (WRITING, DIGITS)]
    + [("lstm", TRANSLATION), ("transformer", TRANSLATION)],
)
def test_eight_bits_hardly_change_what_a_family_answers(kind, signature):
    module = built(kind, signature)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(300, (2, 12), generator=generator)
    full = torch.tensor([12, 12])
    inputs = {
        "next-token": (tokens,),
        "tokens": (tokens, full, tokens),
        "class": (torch.randn(2, 1, 8, 8, generator=generator),),
    }[signature.outputs]

    def answer():
        out = module(*inputs)
        return (out[0] if isinstance(out, tuple) else out).detach()

    before = answer()
    own = {name: p.clone() for name, p in module.named_parameters()}
    with FakeQuantization(module, Quantization(bits="8")).applied():
        eight = answer()
    with FakeQuantization(module, Quantization(bits="binary")).applied():
        one = answer()
    assert all(torch.equal(p, own[name]) for name, p in module.named_parameters())
    assert torch.equal(answer(), before)
    distances = [float((found - before).norm() / before.norm()) for found in (eight, one)]
    assert 0 < distances[0] < 0.03
    assert distances[1] > 3 * distances[0]


@pytest.mark.parametrize("kind", ["gan", "flow-cnn", "autoregressive"])
def test_eight_bits_hardly_change_the_loss_of_what_draws(kind, tmp_path):
    task = CASES["text-to-image"](tmp_path).task
    torch.manual_seed(0)
    module = MODELS[kind]().fit_to(task.signature()).build()
    for p in module.parameters():  # some start at zero, and nothing that comes before them matters
        p.data.add_(0.02 * torch.randn(p.shape))
    batch = next(iter(task.evaluation_batches("test", 16)))
    with judged(module):
        before = float(task.loss(module, batch)[0])
        with FakeQuantization(module, Quantization(bits="8")).applied():
            rounded = float(task.loss(module, batch)[0])
        assert float(task.loss(module, batch)[0]) == before
    assert rounded != before
    assert rounded == pytest.approx(before, rel=0.02)


def test_weights_rounded_in_place_are_those_of_the_file():
    module = built("transformer", WRITING)
    weights = {name: p.detach().clone() for name, p in module.named_parameters()}
    file = unpacked(module, FOUR, packed(module, FOUR, weights))
    with FakeQuantization(module, FOUR).applied():
        assert all(torch.equal(p, file[name]) for name, p in module.named_parameters())


def test_the_gradient_passes_straight_through():
    """d/dw of sum(x r(w)) with r the rounding is x, as if r were the identity."""
    linear = nn.Linear(64, 64, bias=False)
    x = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    before = linear.weight.detach().clone()
    with FakeQuantization(linear, FOUR).applied():
        linear(x).sum().backward()
        assert not torch.equal(linear.weight, before)
    assert torch.equal(linear.weight, before)
    torch.testing.assert_close(linear.weight.grad, x.sum(0).expand(64, 64))


def test_codes_of_another_scheme_are_refused():
    module = Both()
    file = packed(module, FOUR, weights_of(module))
    with pytest.raises(CheckpointError, match=r"'table\.weight' are of another scheme"):
        unpacked(module, Quantization(bits="2", table_bits="2"), file)
    del file["table.weight.scales"]
    with pytest.raises(CheckpointError, match=r"table\.weight"):
        unpacked(module, FOUR, file)


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), 1e9])
def test_weights_that_no_scale_can_hold_are_named(broken):
    linear = nn.Linear(64, 64)
    linear.weight.data[3, 4] = broken
    with pytest.raises(RequestError, match=r"^weight has weights that are not finite or beyond float16"):
        packed(linear, Quantization(bits="8"), weights_of(linear))


def test_what_a_scheme_refuses():
    with pytest.raises(ConfigError, match="group_size is 0"):
        Quantization(group_size=-1)
    with pytest.raises(ConfigError, match="symmetric is true"):
        Quantization(bits="ternary", symmetric=False)
    with pytest.raises(ConfigError, match="known: 2, 3, 4, 8, binary, ternary"):
        Quantization().override("bits=5")
    assert [Quantization(bits=bits).label for bits in ("8", "ternary")] == ["8bit", "ternary"]
