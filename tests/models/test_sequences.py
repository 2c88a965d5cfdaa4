"""What models that read one sequence and write another promise, asked of every family that can."""

import math

import pytest
import torch
import torch.nn.functional as F

from armillary.models import MODELS, Signature

PAIRS = Signature(inputs="tokens", outputs="tokens", vocab_size=300, length=24, target_length=20)
ABLE = [
    kind
    for kind in MODELS
    if ("tokens", "tokens") in MODELS[kind].supports and MODELS[kind].__module__.startswith("armillary.")
]
SHAPES = [
    *[pytest.param(kind, {}, id=kind) for kind in ABLE],
    pytest.param("transformer", {"copy": True}, id="transformer-copies"),
    pytest.param("lstm", {"copy": True}, id="lstm-copies"),
    pytest.param("lstm", {"n_decoder_layers": 1}, id="lstm-shallow-decoder"),
    pytest.param("transformer", {"n_decoder_layers": 1}, id="transformer-shallow-decoder"),
    pytest.param(
        "transformer",
        {"positions": "rope", "norm": "rms", "activation": "swiglu", "bias": False},
        id="transformer-rotary",
    ),
]


def built(kind, fields, seed=0):
    torch.manual_seed(seed)
    return MODELS[kind]().fit_to(PAIRS).at_size(6e4).replace(**fields).build()


def pairs(seed=1):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randint(300, (3, 9), generator=generator)
    return inputs, torch.tensor([9, 4, 6]), torch.randint(300, (3, 7), generator=generator)


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_a_fresh_model_gives_every_token_about_the_same_chance(kind, fields):
    inputs, lengths, targets = pairs()
    scores = built(kind, fields).eval()(inputs, lengths, targets)
    assert scores.shape == (3, 7, 300)
    assert F.cross_entropy(scores.flatten(0, 1), targets.flatten()).item() == pytest.approx(
        math.log(300), abs=1.5
    )


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_every_parameter_learns(kind, fields):
    inputs, lengths, targets = pairs()
    model = built(kind, fields)
    F.cross_entropy(model(inputs, lengths, targets).flatten(0, 1), targets.flatten()).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_padding_changes_nothing(kind, fields):
    inputs, lengths, targets = pairs()
    model = built(kind, fields).eval()
    whole = model(inputs, lengths, targets)
    inputs[1, 4:], inputs[2, 6:] = 7, 11
    torch.testing.assert_close(model(inputs, lengths, targets), whole)
    torch.testing.assert_close(model(inputs[1:2, :4], None, targets[1:2]), whole[1:2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_a_later_token_does_not_change_earlier_scores(kind, fields):
    inputs, lengths, targets = pairs()
    model = built(kind, fields).eval()
    before = model(inputs, lengths, targets)
    targets[:, 4] = (targets[:, 4] + 1) % 300
    after = model(inputs, lengths, targets)
    torch.testing.assert_close(after[:, :5], before[:, :5])
    assert (after[:, 5:] - before[:, 5:]).abs().amax((1, 2)).min() > 1e-4


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_writing_token_by_token_gives_the_scores_of_the_whole(kind, fields):
    """Two beams a source; they change places, and the source in the middle leaves."""
    inputs, lengths, targets = pairs()
    model = built(kind, fields).eval()
    rows = torch.arange(6) // 2
    with torch.inference_mode():
        whole = model(inputs, lengths, targets)[rows]
        state, tokens, targets = model.read(inputs, lengths, 2), None, targets[rows]
        for t in range(7):
            torch.testing.assert_close(model.write(tokens, state), whole[:, t], rtol=1e-4, atol=1e-5)
            if t == 2:
                state.reorder(torch.tensor([1, 0, 3, 3, 4, 4]))
            if t == 4:
                state.keep(torch.tensor([2, 0]))
                whole, targets = whole[[4, 5, 0, 1]], targets[[4, 5, 0, 1]]
            tokens = targets[:, t]


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_a_beam_goes_on_from_the_one_that_it_was_told_to(kind, fields):
    inputs, lengths, _ = pairs()
    model = built(kind, fields).eval()
    with torch.inference_mode():
        state = model.read(inputs[:1], lengths[:1], 2)
        model.write(None, state)
        model.write(torch.tensor([5, 9]), state)
        state.reorder(torch.tensor([1, 1]))
        scores = model.write(torch.tensor([3, 3]), state)
        expected = model(inputs[:1], lengths[:1], torch.tensor([[9, 3, 0]]))[:, 2]
    torch.testing.assert_close(scores, expected.expand(2, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "fields"), SHAPES)
def test_an_alignment_is_a_share_of_the_real_source(kind, fields):
    inputs, lengths, targets = pairs()
    weights = built(kind, fields).eval().alignment(inputs, lengths, targets)
    assert weights.shape == (3, 7, 9)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 7))
    assert weights[1, :, 4:].abs().max() == 0


@pytest.mark.parametrize("kind", ABLE)
@pytest.mark.parametrize("n_params", [1e5, 1e6, 1e7])
def test_one_dial_reaches_every_size(kind, n_params):
    member = MODELS[kind]().fit_to(PAIRS).at_size(n_params)
    assert member.n_params == pytest.approx(n_params, rel=0.05)


def learnt(kind, task, vocab_size, n_steps, **fields):
    """Return (share of tokens right that training had, and of those it never had), of rows of four.

    Training has no token of the last 50.
    """
    torch.manual_seed(0)
    signature = PAIRS.replace(vocab_size=vocab_size)
    config = MODELS[kind](signature=signature, d_model=32, n_layers=1, dropout=0.0, **fields)
    model = config.build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=n_steps, pct_start=0.1)
    for _ in range(n_steps):
        rows = torch.randint(vocab_size - 50, (32, 4))
        targets = task(rows)
        loss = F.cross_entropy(model(rows, None, targets).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()
    shares = []
    with torch.inference_mode():
        for tokens in (range(vocab_size - 50), range(vocab_size - 50, vocab_size)):
            rows = torch.randint(tokens.start, tokens.stop, (100, 4))
            right = model(rows, None, task(rows)).argmax(-1) == task(rows)
            shares.append(right.float().mean().item())
    return shares


def test_a_recurrent_network_learns_to_write_backwards():
    seen, _ = learnt("lstm", lambda rows: rows.flip(1), 100, 120)
    assert seen > 0.9


@pytest.mark.parametrize(
    ("kind", "n_steps", "least"),
    [("lstm", 120, 0.9), pytest.param("transformer", 400, 0.6, marks=pytest.mark.slow)],
)
def test_only_a_pointer_copies_tokens_that_training_never_had(kind, n_steps, least):
    _, copied = learnt(kind, lambda rows: rows, 1050, n_steps, copy=True)
    _, written = learnt(kind, lambda rows: rows, 1050, n_steps)
    assert copied > least
    assert written < 0.1
