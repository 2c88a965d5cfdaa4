"""Training a residual CNN on 28x28 images: Armillary's loop, Keras 3, a bare PyTorch loop.

Equal work: the same residual network (convolutions, channels, blocks, batch norm), the same batch, AdamW,
float32, all cores, images in memory.  The bare loop has what makes it fastest here: channels last and the
fused optimizer.  Keras runs on the PyTorch backend that is installed beside Armillary, in both layouts.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch.nn import functional as F

from armillary.data.base import LabelledImage, Split
from armillary.data.sources import SOURCES
from armillary.models.cnn import CNNConfig
from armillary.models.signature import Signature
from armillary.tasks.image_classification import ImageClassification
from armillary.training.config import RunConfig
from benchmarks.ours import ours
from benchmarks.race import Contender, Result, race, timed

SIDE, CLASSES, BATCH, IMAGES = 28, 10, 128, 2560
WIDTH, BLOCKS = 32, 2  # channels of the first stage, blocks in each
STEPS, ROUNDS = 12, 5
SIGNATURE = Signature(inputs="image", outputs="class", channels=1, height=SIDE, width=SIDE, n_classes=CLASSES)
MODEL = CNNConfig(signature=SIGNATURE, d_model=WIDTH, n_layers=BLOCKS)


@functools.cache
def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return random pixels and classes: speed does not depend on what they are."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (IMAGES, SIDE, SIDE, 1), dtype=np.uint8), rng.integers(0, CLASSES, IMAGES)


@SOURCES.register("random-images")
@dataclass(frozen=True, kw_only=True)
class RandomImages(SOURCES["digits"]):  # type: ignore[misc]
    """Random images in memory."""

    kind: ClassVar[str] = "random-images"

    def split(self, name: Split) -> Sequence[LabelledImage]:
        """Return all images for training, few for the rest: judging is not timed."""
        pixels, classes = examples()
        n = IMAGES if name == "train" else 2 * CLASSES
        return [LabelledImage(pixels[i], f"{classes[i]}") for i in range(n)]


def bare_loop() -> Contender:
    """The same network in a plain PyTorch loop."""
    torch.manual_seed(0)
    model = MODEL.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    pixels, classes = examples()
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    targets = torch.from_numpy(classes)

    def steps(n: int) -> None:
        for step in range(n):
            rows = torch.randint(0, IMAGES, (BATCH,), generator=torch.Generator().manual_seed(step))
            loss = F.cross_entropy(model(images[rows], None), targets[rows])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    return Contender("bare PyTorch loop", timed(steps))


def keras(layout: str) -> Contender:
    """The same network in Keras 3, trained by ``fit``."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k

    k.utils.set_random_seed(0)
    k.backend.set_image_data_format(layout)
    axis = -1 if layout == "channels_last" else 1

    def convolution(x: Any, n_out: int, size: int = 3, stride: int = 1) -> Any:
        x = k.layers.Conv2D(n_out, size, strides=stride, padding="same", use_bias=False)(x)
        return k.layers.BatchNormalization(axis=axis)(x)

    shape = (SIDE, SIDE, 1) if axis == -1 else (1, SIDE, SIDE)
    inputs = k.Input(shape)
    x = k.layers.ReLU()(convolution(inputs, WIDTH))
    for stage in range(n_stages()):
        for block in range(BLOCKS):
            n_out, stride = WIDTH * 2**stage, 2 if stage and not block else 1
            y = convolution(k.layers.ReLU()(convolution(x, n_out, stride=stride)), n_out)
            shortcut = x if stride == 1 else convolution(x, n_out, 1, stride)
            x = k.layers.ReLU()(k.layers.Add()([shortcut, y]))
    model = k.Model(inputs, k.layers.Dense(CLASSES)(k.layers.GlobalAveragePooling2D()(x)))
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(k.optimizers.AdamW(1e-3), loss)
    pixels, classes = examples()
    images = pixels.astype("float32").reshape(IMAGES, *shape) / 255

    def steps(n: int) -> None:
        model.fit(images[: n * BATCH], classes[: n * BATCH], batch_size=BATCH, epochs=1, verbose=0)

    return Contender(f"Keras 3, PyTorch backend, {layout}", timed(steps))


def n_stages() -> int:
    """Return the stages that our network has for these images."""
    from armillary.models.cnn.residual import n_stages as stages

    return stages(SIDE, SIDE)


def config() -> RunConfig:
    """Return our run."""
    task = ImageClassification(source=RandomImages())
    return RunConfig(
        task=task, model=MODEL, batch_size=BATCH, precision="32-true", evaluations=0, checkpoints=0
    )


def main(_: Sequence[str] = ()) -> Result:
    """Race the loops."""
    title = f"Training a residual CNN of {MODEL.n_params / 1e3:.0f}k parameters"
    contenders = [ours(config()), keras("channels_last"), keras("channels_first"), bare_loop()]
    return race(title, "images", contenders, units_per_step=BATCH, steps=STEPS, rounds=ROUNDS)
