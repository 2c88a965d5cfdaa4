"""A generator by flow matching: captions, and a velocity field that carries noise to what they ask for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from armillary.models.images.conditioning import CaptionEncoder, Conditioning, nothing_like, without_some
from armillary.models.images.drawing import Captions, Drawing, Images, Lengths, noise_of
from armillary.models.images.flow import draw_times, flow_matching_loss, guided, integrate


class FlowModel(nn.Module):
    """A ``models.images.drawing.DrawingModel``; ``velocity`` is a ``DiffusionTransformer`` or a ``UNet``."""

    def __init__(self, captions: CaptionEncoder, velocity: nn.Module, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.captions, self.velocity, self.shape = captions, velocity, shape

    def forward(self, images: Images, captions: Captions, lengths: Lengths | None = None) -> Tensor:
        """Return the mean squared error of the velocity, at times and from noise that are drawn.

        Evaluated, a model is asked at times spread evenly, from noise that is always the same.
        """
        n = len(images)
        if self.training:
            times, noise = draw_times(n, device=images.device), torch.randn_like(images)
            if lengths is not None:
                captions, lengths = without_some(captions, lengths, self.captions.mark)
        else:
            generator = torch.Generator().manual_seed(n)
            times = ((torch.arange(n) + 0.5) / n).to(images)
            noise = torch.randn(images.shape, generator=generator).to(images)
        condition = self.conditioning(captions, lengths)
        return flow_matching_loss(lambda x, t: self.velocity(x, t, condition), images, noise, times)

    def conditioning(self, captions: Captions, lengths: Lengths | None = None) -> Conditioning:
        """See ``DrawingModel``."""
        condition: Conditioning = self.captions(captions, lengths)
        return condition

    def draw(self, wanted: Conditioning, how: Drawing, seeds: Sequence[int]) -> Images:
        """See ``DrawingModel``."""
        velocity = guided(self.velocity, wanted, nothing_like(wanted, self.captions), how.guidance)
        return integrate(velocity, noise_of(seeds, *self.shape).to(wanted.vector), how.n_steps, how.sampler)
