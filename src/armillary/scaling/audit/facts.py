"""What is known about the run that a claim is about: from its text first, then from the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from armillary.core.hardware import Accelerator
from armillary.scaling.audit.claims import Claim
from armillary.scaling.audit.phrases import Language, amount, say
from armillary.scaling.audit.records import SIX, TrainingRun, known_accelerator, peak_of

SAME = 1.25  # two figures of a size within this factor are one figure, rounded differently


@dataclass(frozen=True, kw_only=True)
class Source:
    """A value that the audit used, with where it comes from."""

    model: str  # the run on record, or the device
    quantity: str  # train_flops, device_hours, ..., a column of the records; hardware for a peak or a price
    value: float  # in base units
    source: str


@dataclass(frozen=True, kw_only=True)
class Compute:
    """Training FLOP of the run, worked out in one way."""

    flops: float
    line: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that the checks of one claim start from."""

    claim: Claim
    language: Language

    @property
    def run(self) -> TrainingRun | None:
        return self.claim.run

    @property
    def hardware(self) -> str:
        """Return the hardware by name: the text's, else the record's, else nothing."""
        return self.claim.hardware or (self.run.hardware if self.run else "")

    @property
    def device(self) -> Accelerator | None:
        return known_accelerator(self.hardware)

    @property
    def peak(self) -> float | None:
        """Return the dense 16-bit peak of one device [FLOP/s]."""
        return peak_of(self.device)

    @property
    def same_hardware(self) -> bool:
        """Return whether the claim is about the hardware of the record."""
        if self.run is None or not self.claim.hardware:
            return self.run is not None
        recorded = known_accelerator(self.run.hardware)
        if recorded is None or self.device is None:
            return self.run.hardware.casefold() == self.claim.hardware.casefold()
        return self.peak == peak_of(recorded)

    @property
    def n_params(self) -> float | None:
        """Return the parameters that one token uses."""
        active, total = self.claim.first("active_params"), self.claim.first("params")
        if active:
            return active.value
        sparse = self.run.n_active_params if self.run else None
        if total and not (sparse and self.run and agrees(total.value, self.run.n_params)):
            return total.value
        return sparse or (self.run.n_params if self.run else None)

    @property
    def n_tokens(self) -> float | None:
        """Return the tokens seen in training."""
        tokens = self.claim.first("tokens")
        return tokens.value if tokens else self.run.n_tokens if self.run else None

    @property
    def flops_per_param_token(self) -> float:
        """Return what a parameter costs with each token [FLOP]."""
        return (self.run.flops_per_param_token if self.run else None) or SIX

    @property
    def n_devices(self) -> float | None:
        devices = self.claim.first("devices")
        return devices.value if devices else self.run.n_devices if self.run else None

    @property
    def device_seconds(self) -> float | None:
        """Return devices times seconds: the text's, else the record's where the hardware is the same."""
        stated = self.claim.first("device_time")
        if stated:
            return stated.value
        return self.run.device_seconds if self.run and self.same_hardware else None

    @property
    def resized(self) -> bool:
        """Return whether the text gives a size or data that are not the record's."""
        if self.run is None:
            return False
        params, tokens = self.claim.first("params"), self.claim.first("tokens")
        pairs = ((params, self.run.n_params), (tokens, self.run.n_tokens))
        return any(q is not None and known is not None and not agrees(q.value, known) for q, known in pairs)

    def computes(self) -> list[Compute]:
        """Return the training FLOP by 6 N D and by the record, what the other checks use first."""
        found = list(self._computes())
        usual = self.run.flops if self.run and not self.resized else None
        found.sort(key=lambda compute: compute.flops != usual)
        if not found and (stated := self.claim.first("compute")):
            line = say(self.language, "flops_text", c=amount_flop(stated.value))
            found = [Compute(flops=stated.value, line=line)]
        return found

    def _computes(self) -> Iterator[Compute]:
        run, n_params, n_tokens = self.run, self.n_params, self.n_tokens
        if n_params and n_tokens:
            flops = self.flops_per_param_token * n_params * n_tokens
            values = {"k": f"{self.flops_per_param_token:g}", "c": amount_flop(flops)}
            values |= {"n": amount(n_params, self.language), "d": amount(n_tokens, self.language)}
            yield Compute(
                flops=flops,
                line=say(self.language, "flops_nd", **values),
                sources=(*self.recorded("n_active_params", "n_params", "n_tokens"),),
            )
        if run and run.train_flops and not self.resized:
            line = say(
                self.language, "flops_record", c=amount_flop(run.train_flops), source=run.compute_source
            )
            yield Compute(flops=run.train_flops, line=line, sources=(*self.recorded("train_flops"),))

    def recorded(self, *columns: str) -> Iterator[Source]:
        """Yield the record's values of ``columns``, those it has."""
        for column in columns:
            value = getattr(self.run, column, None) if self.run else None
            if self.run and value:
                yield Source(
                    model=self.run.name, quantity=column, value=value, source=source_of(self.run, column)
                )


def source_of(run: TrainingRun, column: str) -> str:
    """Return where a column of a record comes from."""
    if column in ("n_params", "n_active_params", "n_tokens", "flops_per_param_token"):
        return run.size_source
    if column in ("mwh", "tonnes_co2"):
        return run.energy_source
    other = {"train_flops": run.compute_source, "usd": run.usd_source, "tflops_per_device": run.rate_source}
    return other.get(column, run.hardware_source)


def agrees(value: float, known: float | None, factor: float = SAME) -> bool:
    """Return whether two figures are the same within a factor."""
    return known is not None and 1 / factor <= value / known <= factor


def amount_flop(value: float) -> str:
    """Return FLOP with three figures: 3.14e+23."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}"
