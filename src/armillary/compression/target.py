"""What a smaller run has to be: "size<1MB", "accuracy>0.99x", and the search for one that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from armillary.compression.cost import Cost
from armillary.core.errors import ConfigError, RequestError, unknown
from armillary.core.units import parse_count
from armillary.models.quantization import BITS, Bits

_FORM = re.compile(r"^\s*(\w+)\s*([<>])=?\s*(.+?)\s*$")
_EXAMPLES = "write one such as size<1MB, accuracy>0.99x or loss<1.02x (x: times the parent's)"


@dataclass(frozen=True)
class Target:
    """A bound on the size, the loss or the headline metric of a smaller run.

    Loss and metric are those of the validation split: what chooses a scheme must not judge it too.
    """

    what: str  # size, bits, loss or the name of the task's headline metric
    sign: Literal["<", ">"]
    bound: float  # bytes, bits per weight, nats per unit, ...; or a multiple of the parent's
    relative: bool

    @classmethod
    def parse(cls, text: str, metric: str) -> Self:
        """Return what ``text`` means where ``metric`` is the task's headline; ConfigError when it is none."""
        match = _FORM.match(text)
        if match is None:
            raise ConfigError(f"target {text!r} is none; {_EXAMPLES}")
        what, sign, amount = match.groups()
        if what not in (known := ("size", "bits", "loss", metric)):
            raise ConfigError(unknown("target", what, known, _EXAMPLES))
        relative = amount.lower().endswith("x")
        number = amount[:-1] if relative else re.sub(r"(?i)(?<=[kmg\d ])b$", "", amount)
        try:
            return cls(what, "<" if sign == "<" else ">", parse_count(number), relative)
        except ConfigError as error:
            raise ConfigError(f"target {text!r}: {error}; {_EXAMPLES}") from error

    def met_by(self, cost: Cost) -> bool:
        """Return whether the run of ``cost`` is within the bound, ends included."""
        ours, parents = self._values(cost)
        bound = self.bound * parents if self.relative else self.bound
        return ours <= bound if self.sign == "<" else ours >= bound

    def _values(self, cost: Cost) -> tuple[float, float]:
        """Return what is bounded, of the smaller run and of its parent."""
        return {
            "size": (float(cost.file_bytes), float(cost.parent_file_bytes)),
            "bits": (cost.bits_per_parameter, 8 * cost.parent_file_bytes / cost.n_params),
            "loss": (cost.loss, cost.parent_loss),
        }.get(self.what, (cost.validation_score, cost.parent_validation_score))


def smallest(
    targets: Sequence[Target], make: Callable[[Bits], Cost], discard: Callable[[Cost], None]
) -> tuple[Cost, list[Cost]]:
    """Return (the cost of the run that meets all ``targets``, of those tried before it).

    From small to large, the first that does is the smallest; where only size is bounded, it is looked for
    from large to small, as the smallest always would.  Runs that do not are given to ``discard``.
    RequestError when none does.
    """
    only_size = all(target.what in ("size", "bits") for target in targets)
    tried: list[Cost] = []
    for bits in BITS if only_size else reversed(BITS):
        cost = make(bits)
        if all(target.met_by(cost) for target in targets):
            return cost, tried
        tried.append(cost)
        discard(cost)
    found = ", ".join(
        f"{cost.scheme}: {cost.file_bytes:,} bytes, {cost.metric} {cost.validation_score:.4g}"
        for cost in tried
    )
    raise RequestError(
        f"no scheme meets the target ({found}); loosen it, or train with rounded weights: "
        "armillary train --from RUN quantization.bits=4"
    )
