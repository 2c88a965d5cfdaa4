"""Image classification: an image in, one of several labels out."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from armillary.core.files import write_json
from armillary.data.base import SPLITS, LabelledImage, Split
from armillary.data.batch import Batch, Batches
from armillary.data.images import Augmentation, PixelStatistics, augment, normalise, stack, statistics
from armillary.data.order import ShuffledBatches
from armillary.data.pictures import Shape
from armillary.models.signature import Signature
from armillary.tasks.base import TASKS, check_options
from armillary.tasks.baselines.classifiers import classification_baselines
from armillary.tasks.classification import CHUNK, PREPROCESSOR, Classification, read_preprocessor
from armillary.tasks.image_input import fitted, read, shape_of_pixels

BASELINE_SIDE = 32  # pixels a side that logistic regression sees at most; larger images are averaged down

Stack = UInt8[Tensor, "n channels height width"]


@TASKS.register("image-classification")
@dataclass(frozen=True, kw_only=True)
class ImageClassification(Classification):
    """Tell the label of an image.

    A model reads images of the training split's one size, with mean 0 and standard deviation 1 over that
    split in each channel.  Others are scaled and cropped to it; how many of a split's that were is among
    its metrics (``resized``, a share).
    """

    kind: ClassVar[str] = "image-classification"
    example: ClassVar[type] = LabelledImage
    unit: ClassVar[str] = "image"
    default_source: ClassVar[str] = "digits"
    augmentation: Augmentation = Augmentation()

    @functools.cached_property
    def image_shape(self) -> Shape:
        """The shape of the training images, all alike.  DataError naming the first that is not."""
        _, channels, height, width = stack(self.source.split("train")).shape
        return Shape(width, height, grey=channels == 1)

    @functools.cached_property
    def pixel_statistics(self) -> PixelStatistics:
        """Mean and standard deviation of each channel over the training split."""
        return statistics(self._pixels("train"))

    def signature(self) -> Signature:
        return Signature(
            inputs="image",
            outputs="class",
            n_classes=len(self.labels),
            channels=self.image_shape.channels,
            height=self.image_shape.height,
            width=self.image_shape.width,
        )

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        pixels, targets = self._pixels("train"), torch.from_numpy(self.targets("train"))

        def make(indices: np.ndarray, generator: torch.Generator) -> Batch:
            plain = self.normalised(pixels[indices])
            return Batch(augment(plain, self.augmentation, generator), targets[indices])

        return ShuffledBatches(len(targets), batch_size, seed, make)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        pixels, targets = self._pixels(split), torch.from_numpy(self.targets(split))
        for chunk, labels in zip(pixels.split(batch_size), targets.split(batch_size), strict=True):
            yield Batch(self.normalised(chunk), labels)

    def dummy_batch(self, batch_size: int) -> Batch:
        shape = self.image_shape
        pixels = torch.zeros(batch_size, shape.channels, shape.height, shape.width)
        return Batch(pixels, torch.zeros(batch_size).long())

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return the metrics of a classifier and the share of images that were resized."""
        resized = [
            shape_of_pixels(example.pixels) != self.image_shape for example in self.source.split(split)
        ]
        return super().evaluate(model, split, batch_size) | {"resized": float(np.mean(resized))}

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of the majority class and of logistic regression on pixels."""
        features = [_features(self._pixels(split)) for split in SPLITS]
        targets = [self.targets(split) for split in SPLITS]
        return classification_baselines("logistic-regression", features, targets, len(self.labels))

    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return a label and the probabilities of all labels, most probable first, for each image.

        An image is the path of a file, a Pillow image or an array (see ``image_input.read``).
        One that was not of the model's shape has a ``note`` that says so.  DataError for what is no image.
        """
        check_options(self.kind, options)
        images = [read(item, self.image_shape) for item in raw]
        bare = [LabelledImage(pixels, label="") for pixels, _ in images]
        chunks = [stack(bare[start : start + CHUNK]) for start in range(0, len(bare), CHUNK)]
        batches = [Batch(self.normalised(chunk), torch.zeros(len(chunk)).long()) for chunk in chunks]
        return self._ask(model, batches, [self._note(shape) for _, shape in images])

    def save_preprocessor(self, folder: Path) -> None:
        """Write ``preprocessor_config.json``, in the words that Hugging Face's image processors use."""
        values = {
            "labels": list(self.labels),
            "num_channels": self.image_shape.channels,
            "size": {"height": self.image_shape.height, "width": self.image_shape.width},
            "image_mean": list(self.pixel_statistics.mean),
            "image_std": list(self.pixel_statistics.std),
        }
        write_json(folder / PREPROCESSOR, values)

    def restored(self, folder: Path) -> Self:
        kept = read_preprocessor(folder, "labels", "num_channels", "size", "image_mean", "image_std")
        return self.with_preprocessor(
            labels=tuple(kept["labels"]),
            image_shape=Shape(kept["size"]["width"], kept["size"]["height"], grey=kept["num_channels"] == 1),
            pixel_statistics=PixelStatistics(mean=tuple(kept["image_mean"]), std=tuple(kept["image_std"])),
        )

    def _pixels(self, split: Split) -> Stack:
        """Return the images of ``split`` in the one shape, stacked once."""
        if split not in self._stacks:
            images = [LabelledImage(fitted(e.pixels, self.image_shape), "") for e in self.source.split(split)]
            self._stacks[split] = stack(images)
        return self._stacks[split]

    @functools.cached_property
    def _stacks(self) -> dict[Split, Stack]:
        return {}

    def normalised(self, pixels: Stack) -> Float[Tensor, "n channels height width"]:
        """Return images as a model is given them: of mean 0 and variance 1 over the training split."""
        return normalise(pixels, self.pixel_statistics)

    def _note(self, shape: Shape) -> str:
        return f"read as {self.image_shape} instead of {shape}" if shape != self.image_shape else ""


def _features(pixels: Stack) -> Float[np.ndarray, "n n_features"]:
    """Return each image as a row of numbers from 0 to 1, large ones averaged down to BASELINE_SIDE."""
    height, width = (min(side, BASELINE_SIDE) for side in pixels.shape[2:])
    return np.asarray((adaptive_avg_pool2d(pixels.float(), (height, width)) / 255).flatten(1).numpy())
