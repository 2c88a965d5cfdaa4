"""Grad-CAM: which parts of the last convolution's picture an answer is due to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.core.errors import ConfigError
from armillary.explanation.methods.base import METHODS, Method
from armillary.explanation.methods.gradients import Forward, captum, each_answer
from armillary.explanation.question import Question


@METHODS.register("grad-cam")
@dataclass(frozen=True, kw_only=True)
class GradCam(Method):
    """The channels of the last convolution, weighted by their mean gradients (Selvaraju et al. 2017).

    What speaks against an answer is kept, where the paper cuts it off: features are compared by sign too.
    """

    kind: ClassVar[str] = "grad-cam"

    def attributions(self, question: Question) -> Float[Tensor, "answers features"]:
        layer = _last_convolution(question.module)
        if reason := self.unable(question):
            raise ConfigError(reason)

        def attribute(forward: Forward) -> Tensor:
            coarse = captum().LayerGradCam(forward, layer).attribute(question.inputs[None])
            size = question.inputs.shape[-2:]
            fine = F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)[0]
            return fine.expand_as(question.inputs)

        return each_answer(question, attribute)

    def unable(self, question: Question) -> str:
        if _last_convolution(question.module) is not None and question.inputs.ndim == 3:
            return ""
        return "grad-cam explains convolutions over images; this model has none"


def _last_convolution(module: nn.Module) -> nn.Module | None:
    found = [each for each in module.modules() if isinstance(each, nn.Conv2d)]
    return found[-1] if found else None
