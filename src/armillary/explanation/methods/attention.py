"""Methods that read where a Transformer looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from armillary.core.errors import ConfigError
from armillary.explanation.methods.base import METHODS, Method
from armillary.explanation.question import Question
from armillary.models.layers.attention import weights_seen
from armillary.models.transformer.encoder import Encoder

ABLE = "attention is followed through an encoder of texts; this model is {name}"


@dataclass(frozen=True, kw_only=True)
class _Attention(Method):
    """Relevance that flows back through the layers from the mean over tokens, which is classified."""

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        if reason := self.unable(question):
            raise ConfigError(reason)
        inputs = question.inputs[None].clone().requires_grad_()
        with torch.enable_grad(), weights_seen() as seen:
            answer = question.scores(inputs)[0, 0]
        gradients = torch.autograd.grad(answer, seen)
        through = torch.eye(len(question.inputs), dtype=torch.float64)
        for weights, gradient in zip(seen, gradients, strict=True):
            through = self.layer(weights[0].detach().double(), gradient[0].double()) @ through
        by_token = through.mean(0)[:, None]
        spread = by_token.expand_as(question.inputs) / question.inputs.shape[1]
        return question.by_feature(spread)[None]

    def layer(
        self, weights: Float[Tensor, "heads seq seq"], gradient: Float[Tensor, "heads seq seq"]
    ) -> Float[Tensor, "seq seq"]:
        """Return what flows through one layer from each token to each that it looks at."""
        raise NotImplementedError

    def unable(self, question: Question) -> str:
        if isinstance(question.module, Encoder):
            return ""
        return ABLE.format(name=type(question.module).__name__)


@METHODS.register("attention-rollout")
@dataclass(frozen=True, kw_only=True)
class AttentionRollout(_Attention):
    """The mean over heads, half of each layer passing by (Abnar & Zuidema 2020); blind to the answer."""

    kind: ClassVar[str] = "attention-rollout"

    def layer(self, weights: Tensor, gradient: Tensor) -> Tensor:  # noqa: ARG002
        mixed = weights.mean(0)
        return (mixed + torch.eye(len(mixed), dtype=mixed.dtype)) / 2


@METHODS.register("attention-x-gradient")
@dataclass(frozen=True, kw_only=True)
class AttentionTimesGradient(_Attention):
    """Weights times their gradients, where they speak for the answer (Chefer et al. 2021)."""

    kind: ClassVar[str] = "attention-x-gradient"

    def layer(self, weights: Tensor, gradient: Tensor) -> Tensor:
        mixed = (weights * gradient).clamp(min=0).mean(0)
        return mixed + torch.eye(len(mixed), dtype=mixed.dtype)
