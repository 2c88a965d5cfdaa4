"""What a smaller run must reach, in words, and the smallest one that does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from armillary.compression.quantize import n_bytes, open_whole, packed_weights, with_weights
from armillary.core.errors import ConfigError, RequestError, unknown
from armillary.models.quantization import SCHEMES, Quantization
from armillary.runs.run import Run

_FORM = re.compile(r"\s*([\w/]+)\s*([<>])\s*([\d.eE+-]+)\s*(x|[kMG]?B)?\s*")
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
SIZE = "size"


@dataclass(frozen=True)
class Target:
    """A metric of the validation split, or the size, that must be above or below a number."""

    name: str
    above: bool
    value: float  # bytes of a size
    relative: bool  # to the parent's

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "size<1MB", "accuracy>0.98" or "bleu>0.99x" (times the parent's); ConfigError for others."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ConfigError(f'a target is like "size<1MB", "accuracy>0.98" or "loss<1.02x", got {text!r}')
        name, sign, number, unit = found.groups()
        if unit is None if name == SIZE else unit in _BYTES:
            raise ConfigError(
                f"size is in B, kB, MB or GB or relative (x), all else has no unit; got {text!r}"
            )
        return cls(name, sign == ">", float(number) * _BYTES.get(unit, 1), unit == "x")

    def met(self, values: Mapping[str, float], parents: Mapping[str, float]) -> bool:
        """Return whether ``values`` reach it; ConfigError for a metric that there is not."""
        if self.name not in values:
            raise ConfigError(unknown("metric of this run", self.name, values))
        bound = self.value * (parents[self.name] if self.relative else 1)
        return values[self.name] > bound if self.above else values[self.name] < bound


def smallest(run: Run, targets: Sequence[Target]) -> Quantization:
    """Return the scheme with the smallest file that reaches all ``targets`` on the validation split.

    The test split has no say, so that what is measured there is not what was chosen by.  Raises RequestError
    where no scheme reaches them, saying how far each one comes; else as ``quantize`` does.
    """
    model = open_whole(run)
    packs = {name: packed_weights(model, Quantization(scheme=name)) for name in SCHEMES}  # type: ignore[arg-type]
    whole = {SIZE: float(model.run.path.joinpath("model.safetensors").stat().st_size)}
    parents = {**model.evaluate("validation"), **whole}
    tried = []
    for name in sorted(packs, key=lambda name: n_bytes(packs[name])):
        with_weights(model, packs[name])
        values = {**model.evaluate("validation"), SIZE: float(n_bytes(packs[name]))}
        if all(target.met(values, parents) for target in targets):
            return Quantization(scheme=name)  # type: ignore[arg-type]
        tried.append(", ".join([name, *(f"{t.name} {values[t.name]:.4g}" for t in targets)]))
    raise RequestError(f"no scheme reaches the target on the validation split: {'; '.join(tried)}")
