"""A classifier of the images of one source, whose features measure how good drawn images are.

A Fréchet distance means something on features of the same kind of images: Inception's, learnt on photos,
tell digits apart badly.  So a small residual network learns the classes of the training split, a minute on
one core; it is kept in the cache under what it learnt from, and its accuracy on real images of the test
split, which it never saw, is among the metrics (``judge_accuracy``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

from armillary.core.errors import CheckpointError
from armillary.core.files import write_bytes
from armillary.data.cache import cache_folder
from armillary.data.images import Augmentation, augment
from armillary.models.cnn import CNNConfig
from armillary.models.cnn.residual import ResNet
from armillary.models.signature import Signature

VERSION = 2  # of the recipe below: another one, another judge
PARAMETERS, EPOCHS, MOST_STEPS, BATCH, LR, DECAY = 1e5, 30, 3000, 128, 4e-3, 0.05
SHIFTED = 12  # images are moved by up to so small a part of their height
CHUNK = 256

Images = Float[Tensor, "_ channels height width"]  # sets may have different numbers of them


@dataclass(frozen=True, eq=False)
class Seen:
    """What a judge sees on images."""

    labels: tuple[str, ...]  # the likeliest of each
    features: Float32[np.ndarray, "n features"]  # what the last layer but one makes of each


@dataclass(frozen=True, eq=False)
class Judge:
    """What tells the classes apart."""

    model: ResNet
    labels: tuple[str, ...]

    def look(self, images: Images) -> Seen:
        """Return what is seen on images."""
        found: list[Tensor] = []
        with torch.inference_mode(), exactly():
            hook = self.model.head.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
            scores = [self.model(chunk) for chunk in images.split(CHUNK)]
            hook.remove()
        labels = tuple(self.labels[i] for i in torch.cat(scores).argmax(1).tolist())
        return Seen(labels, torch.cat(found).flatten(1).numpy())


def judge_of(images: Images, labels: Sequence[str]) -> Judge:
    """Return the judge that learnt these images, from the cache where it is; pixels are from -1 to 1."""
    classes = tuple(sorted(set(labels)))
    targets = torch.tensor([classes.index(label) for label in labels])
    path = cache_folder() / "judges" / f"{_key(images, targets)}.safetensors"
    model = _network(images.shape[1:], len(classes))
    if path.is_file():
        model.load_state_dict(safetensors.torch.load_file(path))
    else:
        learn(model, images, targets)
        with contextlib.suppress(CheckpointError):  # a cache that cannot be written to is done without
            write_bytes(
                path, safetensors.torch.save({k: v.contiguous() for k, v in model.state_dict().items()})
            )
    return Judge(model.eval(), classes)


def accuracy_of_one_taught_by(
    images: Images, labels: Sequence[str], test: Images, test_labels: Sequence[str]
) -> float:
    """Return the accuracy on ``test`` of a classifier that learnt ``images`` alone: drawn ones, say."""
    classes = tuple(sorted({*labels, *test_labels}))
    model = _network(images.shape[1:], len(classes))
    learn(model, images, torch.tensor([classes.index(label) for label in labels]))
    return share_equal(Judge(model.eval(), classes).look(test).labels, test_labels)


def share_equal(seen: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the share of images on which the wanted label is seen."""
    return float(np.mean([a == b for a, b in zip(seen, wanted, strict=True)]))


def exactly() -> contextlib.AbstractContextManager[None]:
    """Compute in the precision of the tensors: a judge sees the same whatever a run is trained in."""
    return torch.autocast("cpu", enabled=False)


def learn(model: nn.Module, images: Images, targets: Int[Tensor, " n"]) -> None:
    """Teach ``model`` the classes of images, shifted a little: AdamW, one cycle of the rate."""
    steps = min(MOST_STEPS, EPOCHS * -(-len(images) // BATCH))
    dice = torch.Generator().manual_seed(0)
    shift = Augmentation(crop=max(1, images.shape[2] // SHIFTED))
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
    model.train()
    # Whoever evaluates has switched gradients off, and perhaps half precision on.
    with torch.inference_mode(False), torch.enable_grad(), exactly():
        images, targets = images.clone(), targets.clone()
        for _ in range(steps):
            rows = torch.randint(len(images), (min(BATCH, len(images)),), generator=dice)
            loss = F.cross_entropy(
                model(augment(images[rows], shift, dice)), targets[rows], label_smoothing=0.05
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def _network(shape: torch.Size, n_classes: int) -> ResNet:
    channels, height, width = shape
    signature = Signature(
        inputs="image", outputs="class", channels=channels, height=height, width=width, n_classes=n_classes
    )
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        torch.manual_seed(0)
        model = CNNConfig().fit_to(signature).at_size(PARAMETERS).build()
    assert isinstance(model, ResNet)
    return model


def _key(images: Images, targets: Int[Tensor, " n"]) -> str:
    recipe = json.dumps([VERSION, PARAMETERS, EPOCHS, MOST_STEPS, BATCH, LR, DECAY, list(images.shape)])
    digest = hashlib.blake2b(recipe.encode(), digest_size=12)
    digest.update(images.numpy().tobytes())
    digest.update(targets.numpy().tobytes())
    return digest.hexdigest()
