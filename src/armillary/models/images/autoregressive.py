"""A generator that draws code by code: an autoencoder, and a Transformer that writes its codes.

Both learn at once from one loss, each its own part: the codes are a target of the Transformer, through which
no gradient reaches the autoencoder.  While that still moves the codes change under the Transformer; towards
the end of a run, when the rate falls, they stand still.  DALL-E trains the two one after the other (Ramesh et
al. 2021), which takes two runs and two budgets.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from armillary.models.images.code_prior import CodePrior
from armillary.models.images.codes import ImageCodes, reconstruction_loss
from armillary.models.images.conditioning import CaptionEncoder, Conditioning, nothing_like, without_some
from armillary.models.images.drawing import Captions, Drawing, Images, Lengths


class Autoregressive(nn.Module):
    """See ``models.images.drawing.DrawingModel``."""

    def __init__(self, captions: CaptionEncoder, codes: ImageCodes, prior: CodePrior) -> None:
        super().__init__()
        self.captions, self.codes, self.prior = captions, codes, prior

    def forward(self, images: Images, captions: Captions, lengths: Lengths | None = None) -> Tensor:
        """Return the error of the reconstruction and the mean of -log p(code), added."""
        if self.training and lengths is not None:
            captions, lengths = without_some(captions, lengths, self.captions.mark)
        drawn, codes = self.codes(images)
        return reconstruction_loss(drawn, images) + self.prior.loss(
            codes, self.conditioning(captions, lengths)
        )

    def conditioning(self, captions: Captions, lengths: Lengths | None = None) -> Conditioning:
        """See ``DrawingModel``."""
        condition: Conditioning = self.captions(captions, lengths)
        return condition

    def draw(self, wanted: Conditioning, how: Drawing, seeds: Sequence[int]) -> Images:
        """See ``DrawingModel``."""
        codes = self.prior.draw(
            wanted,
            nothing_like(wanted, self.captions),
            [torch.Generator(wanted.vector.device).manual_seed(seed) for seed in seeds],
            temperature=how.temperature,
            top_k=how.top_k,
            guidance=how.guidance,
        )
        return self.codes.decode(codes)
