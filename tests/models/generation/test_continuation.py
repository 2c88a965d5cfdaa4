import pytest
import torch
from torch import nn

from armillary.core.errors import ConfigError, RequestError
from armillary.models import MODELS, Signature
from armillary.models.generation import Sampling, among_top_k, among_top_p, choose, generate, stream

SIGNATURE = Signature(vocab_size=20, length=8)
WRITERS = [
    kind
    for kind, family in ((kind, MODELS[kind]) for kind in MODELS)
    if family.__module__.startswith("armillary.") and ("tokens", "next-token") in family.supports
]
PROMPTS = torch.tensor([[1, 2, 3], [4, 5, 6]])


def writer(kind):
    """A model whose blocks speak louder than its embedding, which would repeat the last token for ever."""
    torch.manual_seed(0)
    model = MODELS[kind]().fit_to(SIGNATURE).at_size(2e4).build().double()
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1 and not name.startswith("embedding"):
            parameter.data *= 6
    return model


class Counter(nn.Module):
    """Writes the next number, whatever came before the last one."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def initial_state(self, batch):
        return torch.zeros(batch)

    def forward(self, tokens, state):
        return nn.functional.one_hot((tokens + 1) % 20, 20).float(), state


@pytest.mark.parametrize("kind", WRITERS)
def test_greedy_writing_is_the_likeliest_token_after_the_whole_text(kind):
    model = writer(kind)
    written = generate(model, PROMPTS, Sampling(temperature=0, max_tokens=10))
    text = torch.cat((PROMPTS, torch.tensor(written)), 1)
    likeliest = model.eval()(text[:, :-1])[0].argmax(-1)[:, 2:]
    assert len(text[:, 3:].unique()) >= 3
    assert torch.equal(likeliest, text[:, 3:])  # 13 tokens: beyond the 8 of the Transformer's window


@pytest.mark.parametrize("kind", WRITERS)
def test_the_seed_decides_and_nothing_else(kind):
    model = writer(kind)
    one = generate(model, PROMPTS, Sampling(seed=1, max_tokens=30))
    torch.rand(5)
    assert generate(model, PROMPTS, Sampling(seed=1, max_tokens=30)) == one
    assert generate(model, PROMPTS, Sampling(seed=2, max_tokens=30)) != one


def test_a_text_ends_at_its_stop_token_and_all_end_when_the_last_has():
    sampling = Sampling(temperature=0, stop=9)
    assert generate(Counter(), PROMPTS, sampling) == [[4, 5, 6, 7, 8], [7, 8]]
    assert len(list(stream(Counter(), PROMPTS, sampling))) == 6
    assert generate(Counter(), PROMPTS, sampling.replace(max_tokens=3)) == [[4, 5, 6], [7, 8]]
    assert generate(Counter(), PROMPTS, sampling.replace(max_tokens=0)) == [[], []]


def test_tokens_stream_as_they_are_chosen_and_the_model_stays_as_it_was():
    model = Counter().train()
    tokens = stream(model, PROMPTS, Sampling(temperature=0))
    assert next(tokens).tolist() == [4, 7]
    assert model.training
    assert torch.is_grad_enabled()
    assert next(tokens).tolist() == [5, 8]


def test_top_k_and_top_p_keep_the_likeliest():
    probabilities = torch.tensor([[0.1, 0.5, 0.15, 0.25], [0.97, 0.01, 0.01, 0.01]])
    assert among_top_k(probabilities.log(), 2).tolist() == [
        [False, True, False, True],
        [True] * 4,
    ]  # equals count
    expected = [[False, True, False, True], [True, False, False, False]]
    assert among_top_p(probabilities.log(), 0.7).tolist() == expected
    assert among_top_p(probabilities.log(), 1e-9).sum(1).tolist() == [1, 1]


def test_sampling_follows_the_probabilities():
    logits = torch.tensor([0.1, 0.5, 0.15, 0.25]).log().expand(20_000, 4)
    generator = torch.Generator().manual_seed(0)

    def shares(**options):
        return choose(logits, Sampling(**options), generator).bincount(minlength=4) / 20_000

    torch.testing.assert_close(shares(), torch.tensor([0.1, 0.5, 0.15, 0.25]), atol=0.015, rtol=0)
    torch.testing.assert_close(shares(top_k=2), torch.tensor([0, 2 / 3, 0, 1 / 3]), atol=0.015, rtol=0)
    cold = torch.tensor([0.1, 0.5, 0.15, 0.25]) ** 2
    torch.testing.assert_close(shares(temperature=0.5), cold / cold.sum(), atol=0.015, rtol=0)


def test_requests_without_sense_are_refused():
    for field, value in (("temperature", -1.0), ("top_p", 0.0), ("top_k", 0), ("max_tokens", -1)):
        with pytest.raises(ConfigError, match=f"{field} takes .*, got {value!r}"):
            Sampling(**{field: value})
    with pytest.raises(RequestError, match="the prompt is empty"):
        generate(Counter(), PROMPTS[:, :0], Sampling())


def test_positions_that_end_are_not_written_beyond():
    torch.manual_seed(0)
    config = MODELS["transformer"]().fit_to(SIGNATURE).at_size(2e4)
    model = config.replace(positions="sinusoidal").build()
    assert len(generate(model, PROMPTS, Sampling(max_tokens=6))[0]) == 6  # the last is written, not read
    with pytest.raises(RequestError, match="9 positions, this model's end at 8"):
        generate(model, PROMPTS, Sampling(max_tokens=7))
