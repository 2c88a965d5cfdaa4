"""The loss of connectionist temporal classification (Graves et al. 2006; see ``models.generation.ctc``)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from armillary.models.generation.ctc import BLANK


def ctc_nats(
    scores: Float[Tensor, "batch steps vocab_size"],
    lengths: Int[Tensor, " batch"] | None,
    targets: Int[Tensor, "batch target"],
    target_lengths: Int[Tensor, " batch"] | None,
) -> Float[Tensor, " batch"]:
    """Return -ln P(text) of each recording; 0, without a gradient, where its text does not fit its steps."""
    if scores.is_meta:  # where only products are counted, of which this has none
        return scores.sum((1, 2))
    full = torch.full((len(scores),), scores.shape[1])
    all_targets = torch.full((len(scores),), targets.shape[1])
    return F.ctc_loss(
        scores.float().log_softmax(-1).transpose(0, 1),
        targets,
        full if lengths is None else lengths,
        all_targets if target_lengths is None else target_lengths,
        blank=BLANK,
        reduction="none",
        zero_infinity=True,
    )
