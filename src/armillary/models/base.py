"""What every family of models is: a configuration that knows its size before it is built.

A built model is called in one of these ways, by the signature's ``outputs``:

    "class"        logits = model(inputs, lengths)         (batch, n_classes)
    "next-token"   logits, state = model(tokens, state)    (batch, seq, vocab_size)
                   loss, state = model(tokens, state, wanted)
    "ctc"          logits, steps = model(inputs, lengths)  (batch, steps, vocab_size)

What writes a text ("tokens") is described in ``models.sequences``.  ``inputs`` is
``Float[Tensor, "batch channels height width"]``, or ``Int[Tensor, "batch seq"]`` or
``Float[Tensor, "batch frames mels"]`` with ``lengths`` ``Int[Tensor, "batch"]`` (None: all full).  ``steps``
are the real ones of each recording.

``state`` is what the model remembers of the tokens before these, None at the start of a text.  It comes
back for the next call from families that carry it through training and, from all of them, when the
first call was given ``model.initial_state(batch)``: token by token then gives the logits of one call.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.core.registry import Registry
from armillary.models.signature import Signature

MODELS: Registry[type[ModelConfig]] = Registry("model family", "models")


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Config, ABC):
    """A member of a family: its shape, and the signature of the task that it is built for."""

    registry: ClassVar[Registry[Any] | None] = MODELS
    supports: ClassVar[frozenset[tuple[str, str]]]  # (inputs, outputs) that the family can be built for
    every_size: ClassVar[bool] = True  # at_size misses none; else it says which size is near
    carries_state: ClassVar[bool] = False  # trained with the state of one batch passed to the next
    signature: Signature = Signature()

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                raise ConfigError(f"{name} of {self.kind} is 1 or more, got {value}")
            if name == "dropout" and value is not None and not 0 <= value < 1:
                raise ConfigError(f"dropout of {self.kind} is at least 0 and below 1, got {value}")

    @abstractmethod
    def build(self) -> nn.Module:
        """Return the module with fresh weights, drawn from torch's global generator.

        Raises ConfigError when the configuration was not yet fitted to a signature.
        """

    @abstractmethod
    def at_size(self, n_params: float) -> Self:
        """Return the member of this family with ``n_params`` parameters in all, within 5%.

        Raises ConfigError when the signature alone (its vocabulary, its classes) needs more, or when the
        sizes of a family without ``every_size`` lie further apart.
        """

    def fit_to(self, signature: Signature) -> Self:
        """Return the same shape for another task; ConfigError when the family cannot do it."""
        fitted = self.replace(signature=signature)
        fitted.check_signature()
        return fitted

    def check_signature(self) -> Signature:
        """Return the signature; ConfigError when the family cannot do it or a number is missing."""
        wanted = (self.signature.inputs, self.signature.outputs)
        if wanted not in self.supports:
            able = ", ".join(kind for kind in MODELS if wanted in MODELS[kind].supports)
            raise ConfigError(
                f"{self.kind} cannot turn {wanted[0]} into {wanted[1]}; families that can: {able}"
            )
        if missing := self.signature.missing():
            raise ConfigError(
                f"{self.kind} is not fitted to a task: its signature has no {', '.join(missing)}; use fit_to"
            )
        return self.signature

    @property
    def n_params(self) -> int:
        """All parameters, tied ones counted once, without building the model."""
        return count_params(self)[0]

    @property
    def n_params_non_embedding(self) -> int:
        """Parameters without token and position tables."""
        return count_params(self)[1]


@functools.lru_cache(maxsize=4096)
def count_params(config: ModelConfig) -> tuple[int, int]:
    """Return (all parameters, those outside embedding tables) of ``config``, counted on the meta device."""
    with torch.device("meta"):
        model = config.build()
    total = sum(p.numel() for p in model.parameters())
    tables = {id(m.weight): m.weight.numel() for m in model.modules() if isinstance(m, nn.Embedding)}
    return total, total - sum(tables.values())
