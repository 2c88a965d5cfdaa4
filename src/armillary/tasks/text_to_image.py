"""Text-to-image: a caption in, an image out."""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from armillary.core.errors import ConfigError, DataError
from armillary.core.files import write_json
from armillary.data import cache
from armillary.data.base import CaptionedImage, LabelledImage, Split
from armillary.data.batch import Batch, Batches
from armillary.data.images import stack
from armillary.data.order import ShuffledBatches
from armillary.data.pictures import Shape
from armillary.data.tokenizers import BPEConfig, Tokenizer, TokenizerConfig
from armillary.models.images import Drawing, DrawingModel
from armillary.models.images.conditioning import Conditioning
from armillary.models.signature import Signature
from armillary.runs.judgement import Judged, Judgement
from armillary.tasks.base import TASKS, Task, judged
from armillary.tasks.classification import PREPROCESSOR, read_preprocessor
from armillary.tasks.image_input import fitted
from armillary.tasks.image_judge import Judge, Seen, accuracy_of_one_taught_by, judge_of, share_equal
from armillary.tasks.image_metrics import image_metrics
from armillary.tasks.looks import Look, as_png, grid_png, variety
from armillary.tasks.writers import Tokens, padded

CHUNK = 64  # images that are drawn at a time
STEPS = 8  # images from one caption to another
SHOWN = 36  # images of a page, at most
COLUMNS, LOOKS = 10, 4  # captions that are drawn while training goes on, and images of each

Images = Float[Tensor, "n channels height width"]


@TASKS.register("text-to-image")
@dataclass(frozen=True, kw_only=True)
class TextToImage(Task):
    """Draw what a caption asks for.

    Images are drawn in the size that the training split's have, pixels from -1 to 1.  They are judged on the
    features of a classifier that learnt the labels of the same images (``tasks.image_judge``); a source
    without labels is judged by its captions as such, each a class.
    """

    kind: ClassVar[str] = "text-to-image"
    example: ClassVar[type] = CaptionedImage
    unit: ClassVar[str] = "image"
    headline: ClassVar[str] = "frechet_distance"
    headline_up: ClassVar[bool] = False
    default_source: ClassVar[str] = "captioned-digits"
    tokenizer: TokenizerConfig = BPEConfig(vocab_size=512)
    max_caption: int = 32  # tokens of a caption that are read
    drawing: Drawing = Drawing()
    judged_examples: int = 1000  # captions of a split whose images are judged, at most
    taught_examples: int = 2000  # training captions whose images teach a classifier, at most; 0: none

    def __post_init__(self) -> None:
        for name, least in (("max_caption", 1), ("judged_examples", 2), ("taught_examples", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} takes {least} or more, got {getattr(self, name)}")

    @functools.cached_property
    def learnt_tokenizer(self) -> Tokenizer:
        """The tokenizer, learnt from the captions of the training split."""
        captions = [example.caption for example in self.source.split("train")]
        return cache.learnt_tokenizer(captions, self.tokenizer)

    @functools.cached_property
    def image_shape(self) -> Shape:
        """The shape of the training images, all alike.  DataError naming the first that is not."""
        _, channels, height, width = stack(self.source.split("train")).shape
        return Shape(width, height, grey=channels == 1)

    def signature(self) -> Signature:
        shape = self.image_shape
        return Signature(
            inputs="tokens",
            outputs="image",
            vocab_size=self.learnt_tokenizer.vocab_size,
            length=self.max_caption,
            channels=shape.channels,
            height=shape.height,
            width=shape.width,
        )

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        images, rows = self.images("train"), self.encode(self._captions("train"))

        def make(indices: np.ndarray, generator: torch.Generator) -> Batch:  # noqa: ARG001
            return _batch([rows[i] for i in indices], images[indices], self.max_caption)

        return ShuffledBatches(len(rows), batch_size, seed, make)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        images, rows = self.images(split), self.encode(self._captions(split))
        for start in range(0, len(rows), batch_size):
            chosen = slice(start, start + batch_size)
            yield _batch(rows[chosen], images[chosen], self.max_caption)

    def dummy_batch(self, batch_size: int) -> Batch:
        shape = self.image_shape
        images = torch.zeros(batch_size, shape.channels, shape.height, shape.width)
        return _batch([np.zeros(1, np.int64)] * batch_size, images, self.max_caption)

    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:  # noqa: ARG002
        return model(batch.targets, batch.inputs, batch.lengths), None

    def validate(self, model: nn.Module) -> Judgement:
        """Return the loss on the validation split, and how much images of a caption differ, with a grid."""
        looks = self.looks(model)
        metrics = {"loss": self._loss(model, "validation"), **self._variety(looks)}
        grid = grid_png({look.caption: look.drawn for look in looks}, self.drawing.seed)
        return Judgement("validation", metrics, files={"grid.png": grid})

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:  # noqa: ARG002
        """Return the loss and what is measured on images that are drawn for the captions of ``split``."""
        return self._metrics(model, split, self.image_judge.look(self.drawn_for(model, split)))

    def judge(self, model: nn.Module, split: Split, batch_size: int = 256) -> Judgement:  # noqa: ARG002
        """Return the metrics and the first images that were drawn."""
        drawn = self.drawn_for(model, split)
        seen = self.image_judge.look(drawn)
        metrics = self._metrics(model, split, seen)
        examples = self.source.split(split)[:SHOWN]
        shown = tuple(
            Judged(
                source=example.caption,
                reference=self._label(example),
                output=label,
                score=100.0 * (label == self._label(example)),
                media=f"{i}.png",
            )
            for i, (example, label) in enumerate(zip(examples, seen.labels, strict=False))
        )
        files = {
            example.media: as_png(drawn[i], example.source, self.drawing.seed + i)
            for i, example in enumerate(shown)
        }
        return Judgement(split, metrics, "recognised", shown, reads="captions", files=files)

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of what draws without learning, for each caption by its label.

        The mean of all training images of the label, and one of them: as good as can be, and all copies.
        """
        dice = np.random.default_rng(0)
        by_label: dict[str, list[int]] = {}
        for place, label in enumerate(self._labels("train")):
            by_label.setdefault(label, []).append(place)
        everything = list(range(len(self.source.split("train"))))
        places = [int(dice.choice(by_label.get(label, everything))) for label in self._asked("test")]
        images = self.images("train")
        means = {label: images[rows].mean(0) for label, rows in by_label.items()}
        mean = torch.stack([means.get(label, images.mean(0)) for label in self._asked("test")])
        return {
            "mean images": self._compared(self.image_judge.look(mean), "test"),
            "oracle training images": self._compared(self.image_judge.look(images[places]), "test"),
        }

    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return {"caption", "seed", "png"} for each caption, the last a PNG file in base64.

        ``options`` are fields of ``models.images.Drawing``, and ``to``, another caption: then there are
        ``steps`` images from each to that one, of one seed.  DataError for what is no text.
        """
        to, steps = options.pop("to", None), options.pop("steps", STEPS)
        how = Drawing.from_dict({**self.drawing.to_dict(), **options})
        for caption in (*raw, *([] if to is None else [to])):
            if not isinstance(caption, str):
                raise DataError(f"a caption is a text, not {type(caption).__name__}")
        if to is None:
            images = self.drawn(model, list(raw), how) if raw else torch.zeros(0)
            return [
                _answer(c, image, how.seed + k) for k, (c, image) in enumerate(zip(raw, images, strict=True))
            ]
        return [
            _answer(f"{caption} - {to} {k + 1} of {steps}", image, how.seed)
            for caption in raw
            for k, image in enumerate(self.between(model, caption, to, steps, how))
        ]

    def between(self, model: nn.Module, first: str, last: str, n: int, how: Drawing) -> Images:
        """Return ``n`` images from one caption to another, the same noise steered by what lies between.

        ConfigError for fewer than two.
        """
        if n < 2:
            raise ConfigError(f"steps from one caption to another are 2 or more, got {n}")
        drawer = cast("DrawingModel", model)
        with judged(model) as device:
            captions, lengths = self._read([first, last])
            ends = drawer.conditioning(captions.to(device), lengths.to(device))
            a, b = (_row(ends, i) for i in (0, 1))
            steps = [a.mixed(b, float(weight)) for weight in np.linspace(0, 1, n)]
            return torch.cat([drawer.draw(step, how, [how.seed]).cpu().float() for step in steps]).clamp(
                -1, 1
            )

    def drawn(self, model: nn.Module, captions: Sequence[str], how: Drawing) -> Images:
        """Return an image for each caption, the k-th of them drawn with the seed ``how.seed + k``."""
        drawer = cast("DrawingModel", model)
        images = []
        with judged(model) as device:
            for start in range(0, len(captions), CHUNK):
                tokens, lengths = self._read(captions[start : start + CHUNK])
                wanted = drawer.conditioning(tokens.to(device), lengths.to(device))
                seeds = range(how.seed + start, how.seed + start + len(tokens))
                images.append(drawer.draw(wanted, how, seeds).cpu().float())
        return torch.cat(images).clamp(-1, 1)

    def looks(self, model: nn.Module) -> list[Look]:
        """Return ``LOOKS`` images for a caption of each of the first labels of the validation split."""
        places: dict[str, list[int]] = {}
        for place, label in enumerate(self._labels("validation")):
            places.setdefault(label, []).append(place)
        chosen = [places[label] for label in sorted(places)[:COLUMNS]]
        captions = [self._captions("validation")[of_label[0]] for of_label in chosen]
        drawn = self.drawn(model, captions * LOOKS, self.drawing).unflatten(0, (LOOKS, -1)).unbind(1)
        real = [self.images("validation")[of_label] for of_label in chosen]
        return [Look(*each) for each in zip(captions, drawn, real, strict=True)]

    def drawn_for(self, model: nn.Module, split: Split) -> Images:
        """Return an image for each caption of ``split`` that is judged."""
        return self.drawn(model, self._captions(split)[: self.judged_examples], self.drawing)

    @functools.cached_property
    def image_judge(self) -> Judge:
        """The classifier that looks at what was drawn."""
        return judge_of(self.images("train"), self._labels("train"))

    def images(self, split: Split) -> Images:
        """Return the images of ``split`` in the one shape, pixels from -1 to 1."""
        if split not in self._images_of:
            plain = [LabelledImage(fitted(e.pixels, self.image_shape), "") for e in self.source.split(split)]
            self._images_of[split] = stack(plain).float() / 127.5 - 1
        return self._images_of[split]

    def encode(self, captions: Sequence[str]) -> list[Tokens]:
        """Return the tokens of captions, cut to what a model reads; of an empty one the end mark."""
        mark = self.learnt_tokenizer.end_of_text
        rows = self.learnt_tokenizer.encode_all(list(captions))
        return [row[: self.max_caption] if len(row) else np.array([mark]) for row in rows]

    def save_preprocessor(self, folder: Path) -> None:
        self.learnt_tokenizer.save(folder)
        shape = self.image_shape
        size = {"height": shape.height, "width": shape.width}
        write_json(folder / PREPROCESSOR, {"num_channels": shape.channels, "size": size})

    def restored(self, folder: Path) -> Self:
        kept = read_preprocessor(folder, "num_channels", "size")
        shape = Shape(kept["size"]["width"], kept["size"]["height"], grey=kept["num_channels"] == 1)
        return self.with_preprocessor(learnt_tokenizer=Tokenizer.load(folder), image_shape=shape)

    def _metrics(self, model: nn.Module, split: Split, drawn: Seen) -> dict[str, float]:
        looks = self.looks(model)
        metrics = {"loss": self._loss(model, split), **self._compared(drawn, split), **self._variety(looks)}
        if self.taught_examples and split == "test":
            captions = self._captions("train")[: self.taught_examples]
            how = replace(self.drawing, seed=self.drawing.seed + 1)
            labels = self._labels("train")[: len(captions)]
            metrics["train_on_drawn"] = accuracy_of_one_taught_by(
                self.drawn(model, captions, how), labels, self.images("test"), self._labels("test")
            )
        return metrics

    def _compared(self, drawn: Seen, split: Split) -> dict[str, float]:
        """Return what is measured on images drawn for the captions of ``split``."""
        real, train = self._seen(split), self._seen("train")
        return {
            "recognised": share_equal(drawn.labels, self._asked(split)),
            "judge_accuracy": share_equal(real.labels, self._labels(split)),
            **image_metrics(real=real.features, generated=drawn.features, train=train.features),
        }

    def _seen(self, split: Split) -> Seen:
        """Return what the judge sees on the images of ``split``, which it looks at once."""
        if split not in self._seen_of:
            self._seen_of[split] = self.image_judge.look(self.images(split))
        return self._seen_of[split]

    @staticmethod
    def _variety(looks: Sequence[Look]) -> dict[str, float]:
        """Return how various the images of a caption are, where real ones tell how various they should be."""
        share = variety([look.drawn for look in looks], [look.real for look in looks])
        return {} if np.isnan(share) else {"variety": share}

    def _loss(self, model: nn.Module, split: Split) -> float:
        """Return the mean loss, always in the same batches: noise is drawn for a batch."""
        total, n_images = 0.0, 0
        with judged(model) as device:
            for batch in self.evaluation_batches(split, CHUNK):
                batch = batch.to(device)
                total += float(self.loss(model, batch)[0]) * batch.n_examples
                n_images += batch.n_examples
        return total / n_images

    def _read(self, captions: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return the tokens of captions side by side, as wide as a model reads, and their lengths."""
        batch = _batch(self.encode(captions), torch.zeros(len(captions)), self.max_caption)
        assert batch.lengths is not None
        return batch.inputs, batch.lengths

    def _captions(self, split: Split) -> list[str]:
        return [example.caption for example in self.source.split(split)]

    def _asked(self, split: Split) -> list[str]:
        return self._labels(split)[: self.judged_examples]

    def _labels(self, split: Split) -> list[str]:
        return [self._label(example) for example in self.source.split(split)]

    @staticmethod
    def _label(example: CaptionedImage) -> str:
        return example.label or example.caption

    @functools.cached_property
    def _images_of(self) -> dict[Split, Images]:
        return {}

    @functools.cached_property
    def _seen_of(self) -> dict[Split, Seen]:
        return {}


def _answer(caption: str, image: Float[Tensor, "channels height width"], seed: int) -> dict[str, Any]:
    content = base64.b64encode(as_png(image, caption, seed)).decode()
    return {"caption": caption, "seed": seed, "png": content}


def _batch(rows: Sequence[Tokens], images: Tensor, width: int) -> Batch:
    """Return captions, as wide always, and their images."""
    captions, lengths = padded(rows)
    captions = torch.nn.functional.pad(captions, (0, width - captions.shape[1]))
    return Batch(captions, images, lengths)


def _row(condition: Conditioning, i: int) -> Conditioning:
    tokens = None if condition.tokens is None else condition.tokens[i : i + 1]
    real = None if condition.real is None else condition.real[i : i + 1]
    return Conditioning(condition.vector[i : i + 1], tokens, real)
