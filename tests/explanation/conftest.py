import pytest
import torch
from torch import Tensor, nn

from armillary.explanation.question import Question

WEIGHTS = torch.tensor([[3.0, -1.0, 0.5, 2.0, -2.0, 0.0], [0.0, 1.0, -4.0, 0.2, 0.1, 2.5]])
OWNERS = torch.tensor([0, 0, 1, 2, 3, -1])
TRUTH = torch.tensor([[2.0, 0.5, 2.0, -2.0], [1.0, -4.0, 0.2, 0.1]], dtype=torch.float64)


class Weighted(nn.Module):
    """Two answers, each a weighted sum of six numbers."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights, requires_grad=False)

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs @ self.weights.T


@pytest.fixture
def linear() -> Question:
    """Ones, with zeros for nothing: an attribution is the sum of a feature's weights, ``TRUTH``."""
    return Question(
        module=Weighted(WEIGHTS),
        inputs=torch.ones(6),
        absent=torch.where(OWNERS >= 0, 0.0, 1.0),
        owners=OWNERS,
        answers=lambda module, batch: module(batch),
        n_features=4,
    )


@pytest.fixture
def truth() -> Tensor:
    return TRUTH
