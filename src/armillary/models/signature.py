"""What a task asks of a model: the kind, shape and range of inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from armillary.core.config import Config


@dataclass(frozen=True, kw_only=True)
class Signature(Config):
    """The shapes that a model is built for; fields that do not apply stay zero."""

    inputs: Literal["tokens", "image", "frames"] = "tokens"
    outputs: Literal["next-token", "class", "tokens", "ctc", "image"] = "next-token"
    vocab_size: int = 0  # token ids are 0 .. vocab_size - 1, of what is read or written
    length: int = 0  # tokens or frames of the longest sequence that training reads
    target_length: int = 0  # tokens in the longest sequence that is written (outputs = "tokens", "ctc")
    n_mels: int = 0  # features of a frame (inputs = "frames")
    channels: int = 0  # 1 grey, 3 colour, of an image that is read or drawn
    height: int = 0  # pixels
    width: int = 0  # pixels
    n_classes: int = 0  # outputs = "class"

    def missing(self) -> list[str]:
        """Return the fields that this kind of task needs and that are zero."""
        image = ("channels", "height", "width")
        read = {
            "tokens": ("vocab_size", "length"),
            "image": image,
            "frames": ("n_mels", "length"),
        }
        text = ("vocab_size", "target_length")
        written = {"class": ("n_classes",), "next-token": (), "tokens": text, "ctc": text, "image": image}
        needed = dict.fromkeys(read[self.inputs] + written[self.outputs])
        return [name for name in needed if not getattr(self, name)]
