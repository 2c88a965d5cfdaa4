"""What every family promises, asked of every registered one; what a family cannot do stands on its class."""

import contextlib
import math

import pytest
import torch
import torch.nn.functional as F

from armillary.core.config import hints
from armillary.core.errors import ConfigError
from armillary.models import MODELS, ModelConfig, Signature

# Other tests register toys in the same table; the promises are those of the families that ship.
FAMILIES = [kind for kind in MODELS if MODELS[kind].__module__.startswith("armillary.")]

WRITING = Signature(inputs="tokens", outputs="next-token", vocab_size=300, length=32)
READING = Signature(inputs="tokens", outputs="class", vocab_size=300, length=32, n_classes=5)
DIGITS = Signature(inputs="image", outputs="class", channels=1, height=8, width=8, n_classes=10)
PHOTOS = Signature(inputs="image", outputs="class", channels=3, height=29, width=46, n_classes=3)
LARGE = Signature(inputs="image", outputs="class", channels=3, height=224, width=224, n_classes=10)


def able(*signatures):
    """Return (kind, signature) for every family that supports one of ``signatures``."""
    return [
        pytest.param(kind, signature, id=f"{kind}-{signature.inputs}-{signature.outputs}-{signature.height}")
        for kind in FAMILIES
        for signature in signatures
        if (signature.inputs, signature.outputs) in MODELS[kind].supports
    ]


def small(kind: str, signature: Signature) -> ModelConfig:
    return MODELS[kind]().fit_to(signature).at_size(3e4)


def built(kind, signature, seed=0):
    torch.manual_seed(seed)
    return small(kind, signature).build()


def inputs_for(signature, batch=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    if signature.inputs == "tokens":
        return torch.randint(signature.vocab_size, (batch, signature.length), generator=generator)
    return torch.randn(batch, signature.channels, signature.height, signature.width, generator=generator)


def loss_of(model, signature, batch=3):
    inputs = inputs_for(signature, batch)
    if inputs.is_floating_point():
        inputs = inputs.to(next(model.parameters()).dtype)
    if signature.outputs == "next-token":
        logits, _ = model(inputs[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), inputs[:, 1:].flatten())
    targets = torch.randint(signature.n_classes, (batch,), generator=torch.Generator().manual_seed(1))
    return F.cross_entropy(model(inputs), targets)


def n_scores(signature):
    return signature.vocab_size if signature.outputs == "next-token" else signature.n_classes


EVERY = able(WRITING, READING, DIGITS, PHOTOS)


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_it_is_built_and_answers_in_the_shape_of_its_signature(kind, signature):
    model, inputs = built(kind, signature), inputs_for(signature)
    if signature.outputs == "next-token":
        logits, _ = model(inputs)
        assert logits.shape == (3, signature.length, signature.vocab_size)
    else:
        assert model(inputs).shape == (3, signature.n_classes)


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_its_size_is_known_before_it_is_built(kind, signature):
    config, model = small(kind, signature), built(kind, signature)
    tables = [m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    assert config.n_params == sum(p.numel() for p in model.parameters())
    assert config.n_params - config.n_params_non_embedding == sum(t.numel() for t in tables)
    assert tables or signature.inputs == "image"


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_every_parameter_has_a_gradient(kind, signature):
    model = built(kind, signature)
    loss_of(model, signature).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
        assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_half_precision_gives_about_the_same_loss(kind, signature):
    model = built(kind, signature).eval()
    exact = loss_of(model, signature)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = loss_of(model, signature)
    mixed.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    halved = loss_of(model.to(torch.bfloat16), signature)
    assert mixed.item() == pytest.approx(exact.item(), rel=0.03)
    assert halved.item() == pytest.approx(exact.item(), rel=0.03)


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_fresh_weights_follow_from_the_seed_and_know_nothing(kind, signature):
    one, same, other = (built(kind, signature, seed) for seed in (0, 0, 1))
    for p, q in zip(one.parameters(), same.parameters(), strict=True):
        assert torch.equal(p, q)
    assert any(not torch.equal(p, q) for p, q in zip(one.parameters(), other.parameters(), strict=True))
    assert loss_of(one, signature, batch=32).item() == pytest.approx(math.log(n_scores(signature)), abs=0.25)


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_its_configuration_goes_to_a_dictionary_and_back(kind, signature):
    config = small(kind, signature)
    assert ModelConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(("kind", "signature"), able(READING))
def test_padding_does_not_change_the_answer(kind, signature):
    model = built(kind, signature).eval()
    tokens, lengths = inputs_for(signature, batch=4), torch.tensor([32, 7, 1, 20])
    together = model(tokens, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = model(tokens[row : row + 1, :length])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(model(tokens, torch.full((4,), 32)), model(tokens), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "signature"), able(READING))
def test_a_text_without_tokens_has_an_answer(kind, signature):
    model = built(kind, signature).eval()
    assert model(inputs_for(signature), torch.tensor([0, 3, 32])).isfinite().all()


@pytest.mark.parametrize(("kind", "signature"), able(WRITING))
def test_reading_in_pieces_gives_the_scores_of_reading_at_once(kind, signature):
    model, tokens = built(kind, signature).eval(), inputs_for(signature)
    with torch.no_grad():
        whole, _ = model(tokens)
        for sizes in ([1] * 32, [5, 1, 1, 20, 5]):
            state, parts = model.initial_state(3), []
            for piece in tokens.split(sizes, 1):
                logits, state = model(piece, state)
                parts.append(logits)
            torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "signature"), able(WRITING))
def test_a_state_comes_back_unasked_only_where_training_carries_it(kind, signature):
    model, tokens = built(kind, signature).eval(), inputs_for(signature)
    whole, _ = model(tokens)
    _, state = model(tokens[:, :20])
    assert (state is not None) == MODELS[kind].carries_state
    if state is not None:
        torch.testing.assert_close(model(tokens[:, 20:], state)[0], whole[:, 20:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "signature"), able(WRITING))
def test_a_later_token_does_not_change_earlier_scores(kind, signature):
    model, tokens = built(kind, signature).eval(), inputs_for(signature)
    before, _ = model(tokens)
    tokens[:, 20] = (tokens[:, 20] + 1) % signature.vocab_size
    after, _ = model(tokens)
    torch.testing.assert_close(after[:, :20], before[:, :20], atol=1e-6, rtol=1e-6)
    assert not torch.allclose(after[:, 20], before[:, 20], atol=1e-4)


@pytest.mark.parametrize(("kind", "signature"), able(WRITING))
def test_the_last_token_of_a_text_feels_the_first(kind, signature):
    model, tokens = built(kind, signature).eval(), inputs_for(signature)
    before, _ = model(tokens)
    tokens[:, 0] = (tokens[:, 0] + 1) % signature.vocab_size
    assert not torch.equal(model(tokens)[0][:, -1], before[:, -1])


@pytest.mark.parametrize(("kind", "signature"), EVERY)
def test_shapes_without_numbers_pass_through_it(kind, signature):
    with torch.device("meta"):
        model = small(kind, signature).build()
        inputs = torch.zeros_like(inputs_for(signature), device="meta")
        out = model(inputs)
    (out[0] if isinstance(out, tuple) else out).sum().backward()
    assert all(p.grad is not None and p.grad.is_meta for p in model.parameters())


@pytest.mark.parametrize(("kind", "signature"), able(WRITING, READING, DIGITS, LARGE))
@pytest.mark.parametrize("n_params", [1e4, 1e5, 1e6, 1e7, 1e8, 1e9])
def test_one_dial_reaches_every_size(kind, signature, n_params):
    family = MODELS[kind]().fit_to(signature)
    with contextlib.nullcontext() if family.every_size else suppressed_with_the_nearest_size():
        member = family.at_size(n_params)
        assert member.n_params == pytest.approx(n_params, rel=0.05)
        assert member.signature == signature


@contextlib.contextmanager
def suppressed_with_the_nearest_size():
    """Let a family whose sizes lie far apart refuse one, if it says which is near."""
    try:
        yield
    except ConfigError as error:
        if "the nearest" not in str(error):
            raise


@pytest.mark.parametrize(("kind", "signature"), able(WRITING, DIGITS))
def test_the_dial_has_no_gaps_between_small_sizes(kind, signature):
    family = MODELS[kind]().fit_to(signature)
    for n_params in (10 ** (4 + i / 6) for i in range(13)):
        assert family.at_size(n_params).n_params == pytest.approx(n_params, rel=0.05)


@pytest.mark.parametrize("kind", [kind for kind in FAMILIES if ("tokens", "class") in MODELS[kind].supports])
def test_a_vocabulary_larger_than_the_model_is_an_error_that_states_the_least(kind):
    family = MODELS[kind]().fit_to(READING.replace(vocab_size=1_000_000))
    with pytest.raises(
        ConfigError, match=r"a vocabulary of 1000000 has 10k parameters .* the smallest has [\d.]+M"
    ):
        family.at_size(1e4)


@pytest.mark.parametrize("kind", FAMILIES)
def test_what_a_family_cannot_do_it_refuses(kind):
    family = MODELS[kind]()
    for signature in (WRITING, READING, DIGITS):
        if (signature.inputs, signature.outputs) not in family.supports:
            with pytest.raises(
                ConfigError,
                match=rf"{kind} cannot turn \w+ into .* families that can: .*cnn, lstm, .*transformer",
            ):
                family.fit_to(signature)
    inputs, outputs = sorted(family.supports)[0]
    unfit = family.replace(signature=Signature(inputs=inputs, outputs=outputs))
    with pytest.raises(ConfigError, match=f"{kind} is not fitted to a task: its signature has no"):
        unfit.build()


@pytest.mark.parametrize("kind", FAMILIES)
def test_numbers_without_sense_are_refused(kind):
    numbers = [name for name, hint in hints(MODELS[kind]).items() if hint is int]
    assert numbers
    for name in numbers:
        with pytest.raises(ConfigError, match=f"{name} of {kind} is 1 or more, got 0"):
            MODELS[kind](**{name: 0})
    if "dropout" in hints(MODELS[kind]):
        with pytest.raises(ConfigError, match=r"dropout of .* is at least 0 and below 1, got 1.0"):
            MODELS[kind](dropout=1.0)
