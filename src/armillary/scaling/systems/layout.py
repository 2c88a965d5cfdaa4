"""How a model and a batch are cut over devices."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.core.errors import ConfigError
from armillary.scaling.systems.architecture import Recompute, TransformerShape


@dataclass(frozen=True, kw_only=True)
class Layout:
    """tensor x pipeline x data parallel devices, and what every one of them does in a step."""

    tensor: int = 1  # devices that share every matrix
    pipeline: int = 1  # stages of consecutive blocks
    data: int = 1  # copies of the model, each with its part of the batch
    micro_batch: int = 1  # sequences that pass the model together
    global_batch: int  # sequences of one optimizer step, over all copies
    recompute: Recompute = "none"  # which activations are computed again in the backward pass
    sequence_parallel: bool = (
        False  # norms and residuals are cut along the sequence (Korthikanti et al. 2022)
    )
    interleave: int = 1  # chunks of blocks of a stage (Narayanan et al. 2021, section 2.2)
    fused_attention: bool = False  # scores never reach memory (Dao et al. 2022, FlashAttention)
    overlap: bool = False  # gradients travel during the last backward pass
    zero: int = (
        0  # stage: 1 shards the optimizer over data, 2 gradients too, 3 weights too (Rajbhandari et al.)
    )

    @property
    def n_devices(self) -> int:
        """Devices in all."""
        return self.tensor * self.pipeline * self.data

    @property
    def micro_batches(self) -> int:
        """Micro-batches that pass each copy of the model in one step."""
        return self.global_batch // (self.data * self.micro_batch)

    def check(self, shape: TransformerShape) -> None:
        """Raise ConfigError when ``shape`` or the batch cannot be cut this way."""
        if self.global_batch % (self.data * self.micro_batch):
            raise ConfigError(
                f"a batch of {self.global_batch} sequences does not split into {self.data} copies x "
                f"micro-batches of {self.micro_batch}"
            )
        if shape.n_heads % self.tensor or shape.d_ff % self.tensor:
            raise ConfigError(
                f"{shape.n_heads} heads and d_ff {shape.d_ff} do not split over {self.tensor} devices"
            )
        if shape.n_layers % (self.pipeline * self.interleave):
            raise ConfigError(
                f"{shape.n_layers} layers do not split into {self.pipeline} stages x {self.interleave} chunks"
            )
        if self.interleave > 1 and self.micro_batches % self.pipeline:
            raise ConfigError(
                f"chunks of a stage take turns over whole rounds (arXiv:2104.04473, section 2.2): "
                f"{self.micro_batches} micro-batches are no multiple of {self.pipeline} stages"
            )
        if self.zero not in range(4):
            raise ConfigError(f"ZeRO has stages 0 to 3, not {self.zero}")

    def __str__(self) -> str:
        parts = [f"tensor {self.tensor} x pipeline {self.pipeline} x data {self.data}"]
        parts.append(f"micro-batches of {self.micro_batch} in a batch of {self.global_batch}")
        parts.append("no recomputation" if self.recompute == "none" else f"{self.recompute} recomputation")
        parts += ["fused attention"] * self.fused_attention
        parts += ["sequence parallel"] * self.sequence_parallel
        parts += [f"{self.interleave} chunks a stage"] * (self.interleave > 1)
        parts += [f"ZeRO {self.zero}"] * (self.zero > 0)
        return ", ".join(parts)
