"""A generator and a discriminator in one module, and the loss that trains both at once.

Both players move at the same time, from the same point: the sum of their losses is minimised, each loss
with the other player's weights held constant.  So a step is one of any optimizer on all weights, whose
moments are each weight's own, and the loop that trains every other model trains this game too.  Mescheder
et al. 2018 show that simultaneous steps converge locally under the penalties of ``adversarial``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from armillary.models.images.adversarial import discriminator_loss, generator_loss
from armillary.models.images.adversaries import Discriminator, Generator
from armillary.models.images.augmentation import augmented
from armillary.models.images.conditioning import CaptionEncoder, Conditioning
from armillary.models.images.drawing import Captions, Drawing, Images, Lengths, noise_of


class Critic(nn.Module):
    """The discriminator with captions of its own: how real an image is as one of what was asked for."""

    def __init__(self, captions: CaptionEncoder, discriminator: Discriminator) -> None:
        super().__init__()
        self.captions, self.discriminator = captions, discriminator

    def forward(self, images: Images, captions: Captions, lengths: Lengths | None) -> Tensor:
        scores: Tensor = self.discriminator(images, self.captions(captions, lengths))
        return scores


class GAN(nn.Module):
    """See ``models.images.drawing.DrawingModel``."""

    def __init__(
        self, captions: CaptionEncoder, generator: Generator, critic: Critic, *, gamma: float, augments: bool
    ) -> None:
        super().__init__()
        self.captions, self.generator, self.critic = captions, generator, critic
        self.gamma, self.augments = gamma, augments

    def forward(self, images: Images, captions: Captions, lengths: Lengths | None = None) -> Tensor:
        """Return the sum of both players' losses; without gradients that of the discriminator alone.

        What is seen is augmented, real images and drawn ones alike, for both players (Zhao et al. 2020).
        """
        drawn = self._drawn(images, captions, lengths)
        if not torch.is_grad_enabled():
            real_scores = self.critic(images, captions, lengths)
            return generator_loss(self.critic(drawn, captions, lengths), real_scores)
        seen = augmented if self.augments else _as_they_are
        loss = self._discriminator_loss(seen(images), seen(drawn.detach()), captions, lengths)
        return loss + self._generator_loss(seen(images), seen(drawn), captions, lengths)

    def conditioning(self, captions: Captions, lengths: Lengths | None = None) -> Conditioning:
        """See ``DrawingModel``."""
        condition: Conditioning = self.captions(captions, lengths)
        return condition

    def draw(self, wanted: Conditioning, how: Drawing, seeds: Sequence[int]) -> Images:
        """See ``DrawingModel``."""
        noise = noise_of(seeds, self.generator.d_noise)
        images: Tensor = self.generator(how.temperature * noise.to(wanted.vector), wanted)
        return images

    def score_gap(self, images: Images, captions: Captions, lengths: Lengths | None = None) -> Tensor:
        """Return the mean score of real images less that of drawn ones: what the critic tells apart."""
        drawn = self._drawn(images, captions, lengths)
        gap: Tensor = (self.critic(images, captions, lengths) - self.critic(drawn, captions, lengths)).mean()
        return gap

    def _drawn(self, images: Images, captions: Captions, lengths: Lengths | None) -> Images:
        shape = len(images), self.generator.d_noise
        if self.training:
            noise = torch.randn(shape, device=images.device)
        else:
            noise = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(images)
        drawn: Tensor = self.generator(noise, self.conditioning(captions, lengths))
        return drawn

    def _discriminator_loss(
        self, real: Images, drawn: Images, captions: Captions, lengths: Lengths | None
    ) -> Tensor:
        # Copies, not leaves: torch's counter of FLOP cannot follow gradients that end at a leaf.
        real, drawn = (seen.detach().requires_grad_().clone() for seen in (real, drawn))
        real_scores, drawn_scores = (self.critic(seen, captions, lengths) for seen in (real, drawn))
        return discriminator_loss(real, real_scores, drawn, drawn_scores, self.gamma).total

    def _generator_loss(
        self, real: Images, drawn: Images, captions: Captions, lengths: Lengths | None
    ) -> Tensor:
        """Return the loss of the generator against a discriminator that stays as it is."""
        still = {name: weight.detach() for name, weight in self.critic.named_parameters()}
        with torch.no_grad():
            real_scores = self.critic(real, captions, lengths)
        drawn_scores = functional_call(self.critic, still, (drawn, captions, lengths))
        return generator_loss(real_scores, drawn_scores)


def _as_they_are(images: Images) -> Images:
    return images
