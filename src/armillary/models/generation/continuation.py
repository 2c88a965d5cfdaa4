"""Writing on: a language model continues a text, token by token.

The prompt is read once, then each token costs one step, whatever came before (see ``initial_state`` of
the models).  A Transformer looks back as many tokens as its training texts had: with rotary positions
its window slides on over a longer text, with others a longer text is refused (RequestError).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.config import Config
from armillary.core.errors import ConfigError, RequestError
from armillary.models.generation.choice import asking, shaped


@dataclass(frozen=True, kw_only=True)
class Sampling(Config):
    """How the next token is chosen from the scores of all, and when to stop."""

    max_tokens: int = 128  # tokens to write, at most
    temperature: float = 1.0  # scores are divided by it; 0: always the likeliest token (greedy)
    top_k: int | None = None  # choose among this many likeliest tokens (Fan et al. 2018)
    top_p: float = 1.0  # among the likeliest that together have this probability (Holtzman et al. 2020)
    stop: int | None = None  # the token that ends a text
    seed: int = 0

    def __post_init__(self) -> None:
        allowed = (
            (self.max_tokens >= 0, "max_tokens", "0 or more"),
            (self.temperature >= 0, "temperature", "0 (greedy) or more"),
            (self.top_k is None or self.top_k >= 1, "top_k", "1 or more, or none"),
            (0 < self.top_p <= 1, "top_p", "above 0 and at most 1"),
        )
        for fine, name, range_ in allowed:
            if not fine:
                raise ConfigError(f"{name} takes {range_}, got {getattr(self, name)!r}")


def generate(model: nn.Module, prompts: Int[Tensor, "batch seq"], sampling: Sampling) -> list[list[int]]:
    """Return what the model writes after each prompt, without the prompt and without the stop token.

    Prompts of one batch are of one length; texts of different lengths are asked one by one.
    """
    written = list(stream(model, prompts, sampling))
    if not written:
        return [[] for _ in prompts]
    return [_until_stop(row, sampling.stop) for row in torch.stack(written, 1).tolist()]


def stream(
    model: nn.Module, prompts: Int[Tensor, "batch seq"], sampling: Sampling
) -> Iterator[Int[Tensor, " batch"]]:
    """Yield the next token of each text as it is chosen, until all have stopped.

    A text that has stopped goes on with its stop token.  Raises RequestError for a prompt without tokens.
    """
    if prompts.shape[1] == 0:
        raise RequestError("the prompt is empty; a text begins with at least one token")
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(sampling.seed)
    tokens = prompts.to(device)
    with asking(model):
        state = cast(Any, model).initial_state(len(prompts))
    stopped = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    for _ in range(sampling.max_tokens):
        with asking(model):
            logits, state = model(tokens, state)
            chosen = choose(logits[:, -1], sampling, generator)
        if sampling.stop is not None:
            chosen = torch.where(stopped, sampling.stop, chosen)
            stopped = stopped | (chosen == sampling.stop)
        yield chosen
        if sampling.stop is not None and bool(stopped.all()):
            return
        tokens = chosen[:, None]


def choose(
    logits: Float[Tensor, "batch vocab_size"], sampling: Sampling, generator: torch.Generator
) -> Int[Tensor, " batch"]:
    """Return one token for each row of scores."""
    if sampling.temperature == 0:
        return logits.argmax(-1)
    logits = shaped(logits, sampling.temperature, sampling.top_k, sampling.top_p)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]


def _until_stop(tokens: list[int], stop: int | None) -> list[int]:
    return tokens[: tokens.index(stop)] if stop in tokens else tokens
