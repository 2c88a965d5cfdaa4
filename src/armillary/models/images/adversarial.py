"""The losses of a generator and a discriminator that are trained against each other.

R3GAN (Huang et al. 2024): the relativistic pairing loss (Jolicoeur-Martineau 2019), in which a real image
is judged against a generated one, with penalties of the discriminator's gradient at both.  Together they
make the game locally convergent (Huang et al. 2024, section 2.2).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Scores = Float[Tensor, " batch"]
Images = Float[Tensor, "batch channels height width"]


class DiscriminatorLoss(NamedTuple):
    """What the discriminator minimises, and its parts, each a mean over the batch."""

    total: Float[Tensor, ""]
    adversarial: Float[Tensor, ""]
    r1: Float[Tensor, ""]  # mean squared norm of the gradient at real images
    r2: Float[Tensor, ""]  # at generated ones


def generator_loss(real_scores: Scores, generated_scores: Scores) -> Float[Tensor, ""]:
    """Return mean log(1 + exp(D(real) - D(generated))): generated images shall score above real ones."""
    return F.softplus(real_scores - generated_scores).mean()


def discriminator_loss(
    real: Images, real_scores: Scores, generated: Images, generated_scores: Scores, gamma: float
) -> DiscriminatorLoss:
    """Return mean log(1 + exp(D(generated) - D(real))) + gamma / 2 (R1 + R2) (Huang et al. 2024, eq. 3).

    Both sets of images must require gradients, and their scores be computed from them.
    """
    adversarial = F.softplus(generated_scores - real_scores).mean()
    r1, r2 = gradient_penalty(real, real_scores), gradient_penalty(generated, generated_scores)
    return DiscriminatorLoss(adversarial + gamma / 2 * (r1 + r2), adversarial, r1, r2)


def gradient_penalty(images: Images, scores: Scores) -> Float[Tensor, ""]:
    """Return the mean of |d D(x) / d x|^2 over the images (Mescheder et al. 2018, eq. 9, without gamma / 2).

    A score must depend on its own image alone: no norm over the batch in the discriminator.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean()
