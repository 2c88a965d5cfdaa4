"""Why an image has its label: patches of pixels."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor, nn

from armillary.data.base import LabelledImage
from armillary.data.images import stack
from armillary.data.pictures import png
from armillary.explanation.question import Question
from armillary.explanation.subjects.base import SUBJECTS, Asked, Subject, name_of
from armillary.explanation.subjects.classes import chosen, margin
from armillary.tasks.image_classification import ImageClassification
from armillary.tasks.image_input import read

MOST = 14  # patches along the longer side


@SUBJECTS.register("image-classification")
def image(task: ImageClassification, module: nn.Module, asked: Asked) -> Subject:
    """Return why an image has its label.  Nothing is the mean colour of the training images."""
    pixels, _ = read(asked.raw, task.image_shape)
    inputs = task.normalised(stack([LabelledImage(pixels, "")]))[0]
    with torch.no_grad():
        scores = module(inputs[None], None)[0]
    label, other, name = chosen(task.labels, scores, asked)
    owners, grid, names = patches(*inputs.shape[1:])
    question = Question(
        module=module,
        inputs=inputs,
        absent=torch.zeros_like(inputs),
        owners=owners.expand_as(inputs),
        answers=lambda model, batch: margin(model(batch, None), label, other),
        n_features=len(names),
    )
    return Subject(question, name_of(asked.raw, "image"), (name,), names, grid, png(pixels, {}))


def patches(height: int, width: int) -> tuple[Int[Tensor, "height width"], tuple[int, int], tuple[str, ...]]:
    """Return (the patch of each pixel, rows and columns of patches, where each patch is)."""
    side = -(-max(height, width) // MOST)
    rows, columns = -(-height // side), -(-width // side)
    owners = (torch.arange(height) // side)[:, None] * columns + torch.arange(width) // side
    names = tuple(f"row {r * side}, column {c * side}" for r in range(rows) for c in range(columns))
    return owners, (rows, columns), names
