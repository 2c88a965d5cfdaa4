"""A model and its optimizer, and the one thing done with them thousands of times: a step on a batch."""

from __future__ import annotations

import contextlib
import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.single_device import SingleDeviceStrategy
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn
from torch.optim import Optimizer

from armillary.core.errors import CheckpointError
from armillary.data.batch import Batch, Batches
from armillary.models.quantization import FakeQuantization
from armillary.training.average import WeightAverage
from armillary.training.carried import detached, flattened, rebuilt
from armillary.training.checkpoint import Checkpoint
from armillary.training.config import RunConfig
from armillary.training.optim import clip_, gradients_of, make_optimizer
from armillary.training.parallel import fill, reshard, whole
from armillary.training.weights import distinct, load_weights

Groups = dict[str, dict[str, Tensor]]  # tensors by the file of a checkpoint that they go to
_MASK = 2**64 - 1


class Learner:
    """Everything that training changes, on the device that ``fabric`` chose.

    ``config`` has nothing left to derive.  Fabric's wrapper around a module costs a noticeable part of a
    small model's step, so on one device the module itself is called, inside Fabric's autocast.
    """

    def __init__(self, config: RunConfig, fabric: Fabric) -> None:
        self._config, self._fabric, self._task = config, fabric, config.task
        torch.manual_seed(config.seed)
        self.model = config.model.build()
        if config.compile:
            self.model.compile()
        self._wrapped = fabric.setup_module(self.model)
        self._single = isinstance(fabric.strategy, SingleDeviceStrategy)
        self._called: nn.Module = self.model if self._single else self._wrapped
        self._parameters = list(self.model.parameters())
        self.optimizer = make_optimizer(self.model, config.optim)
        self._stepper = cast("Optimizer", fabric.setup_optimizers(self.optimizer))
        self._own_clip = config.strategy != "fsdp" and config.precision != "16-mixed"
        self.average = WeightAverage(self.model, config.ema) if config.ema else None
        scheme = config.quantization
        self._rounding = FakeQuantization(self.model, scheme) if scheme is not None else None
        self._aware = scheme is not None and scheme.aware
        self._carried: list[Any] = [None] * config.accumulate
        self._losses = torch.zeros((), device=fabric.device)
        self._norms = torch.zeros((), device=fabric.device)
        self._summed = 0
        self.model.train()

    def step(self, step: int, lr: float, batch: Batch) -> None:
        """Do optimizer step ``step`` (from 0) at learning rate ``lr``, without waiting for the device."""
        self._seed(step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        last = self._config.accumulate - 1
        with self._rounded(self._aware):
            for part in range(self._config.accumulate):
                with self._synchronised_last(part < last):
                    self._learn(part, self._part_of(batch, part), batch.n_units)
        self._norms += self._clip()
        self._stepper.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update(step)
        self._summed += 1

    def timed_step(self, step: int, lr: float, batches: Batches) -> float:
        """Return the seconds of one step, the making of its batch and the reading of its loss included."""
        start = time.perf_counter()
        self.step(step, lr, batches[step])
        self.read()
        return time.perf_counter() - start

    def read(self) -> tuple[float, float]:
        """Return (mean loss in nats per unit, mean gradient norm) since the last call."""
        pair = torch.stack((self._losses, self._norms)) / max(1, self._summed)
        if self._fabric.world_size > 1:
            pair = torch.as_tensor(self._fabric.all_reduce(pair, reduce_op="mean"))
        self._losses.zero_()
        self._norms.zero_()
        self._summed = 0
        loss, norm = pair.tolist()
        return loss, norm

    @contextlib.contextmanager
    def judged(self) -> Iterator[nn.Module]:
        """Yield the model as it is evaluated: averaged and rounded weights, no dropout, no gradients."""
        self.model.eval()
        try:
            with self._averaged(), self._rounded(), torch.inference_mode(), self._fabric.autocast():
                yield self.model
        finally:
            reshard(self.model)
            self.model.train()

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the weights that are evaluated and saved, averaged ones where there are any.

        Of a quantized run they are still to be rounded.
        """
        with self._averaged():
            return {name: tensor.clone() for name, tensor in self._own_weights().items()}

    def groups(self) -> tuple[Groups, Any]:
        """Return (the tensors of a checkpoint, the structure of the carried state)."""
        carried, structure = flattened(self._everyones(self._carried))
        groups: Groups = {"model": self._own_weights(), "carried": carried}
        groups["optimizer"] = self._optimizer_tensors()
        if self.average is not None:
            groups["ema"] = self.weights()
        return groups, structure

    def restore(self, checkpoint: Checkpoint, path: Path) -> None:
        """Become what the learner was that saved ``checkpoint``; CheckpointError when that was another.

        ``path`` is where it was read from.
        """
        if self.average is not None:
            load_weights(self.model, _group(checkpoint, "ema", path), path)
            self.average.take()
        load_weights(self.model, _group(checkpoint, "model", path), path)
        self._load_optimizer(_group(checkpoint, "optimizer", path))
        everyones = rebuilt(checkpoint.tensors.get("carried", {}), checkpoint.values["carried"])
        self._carried = [self._fabric.to_device(self._own(state)) for state in everyones]

    def take(self, weights: Mapping[str, Tensor], path: Path) -> None:
        """Make ``weights``, read from ``path``, those that are evaluated and saved."""
        load_weights(self.model, weights, path)
        if self.average is not None:
            self.average.take()

    def _own_weights(self) -> dict[str, Tensor]:
        """Return the weights that the optimizer moves, put together, a tied one once."""
        return whole(distinct(self.model.state_dict()))

    def _averaged(self) -> contextlib.AbstractContextManager[None]:
        return self.average.applied() if self.average else contextlib.nullcontext()

    def _rounded(self, asked: bool = True) -> contextlib.AbstractContextManager[None]:
        return self._rounding.applied() if self._rounding and asked else contextlib.nullcontext()

    def _learn(self, part: int, batch: Batch, n_units: int) -> None:
        """Add the gradient of one part of a step's batch of ``n_units``, every unit weighing the same."""
        share = batch.n_units * self._fabric.world_size / n_units  # processes are averaged
        batch = _sent(batch, self._fabric.device)
        with self._fabric.autocast():
            loss, state = self._task.loss(self._called, batch, self._carried[part])
        self._carried[part] = detached(state)
        self._fabric.backward(loss if share == 1 else loss * share)
        self._losses += loss.detach() * share

    def _part_of(self, batch: Batch, part: int) -> Batch:
        """Return this process's rows of one part of ``batch``."""
        world, rank = self._fabric.world_size, self._fabric.global_rank
        if world * self._config.accumulate == 1:
            return batch
        n_rows = batch.n_examples // (world * self._config.accumulate)
        start = (part * world + rank) * n_rows
        return batch.rows(slice(start, start + n_rows))

    def _clip(self) -> Tensor:
        """Clip the gradient and return its norm before; Fabric does what scaled or sharded ones need."""
        largest = self._config.optim.clip
        if self._own_clip:
            return clip_(gradients_of(self._parameters), largest)
        norm = self._fabric.clip_gradients(
            self._wrapped, self._stepper, max_norm=largest or math.inf, error_if_nonfinite=False
        )
        assert norm is not None
        # Half precision finds its scale by overflowing; Fabric leaves such steps out, and so does the mean.
        return torch.nan_to_num(whole({"norm": norm})["norm"], nan=0.0, posinf=0.0)

    def _seed(self, step: int) -> None:
        """Make dropout of ``step`` a pure function of seed, process and step: nothing to save or restore."""
        seed = mixed(self._config.seed, self._fabric.global_rank, step)
        torch.default_generator.manual_seed(seed)
        if self._fabric.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def _synchronised_last(self, more_to_come: bool) -> contextlib.AbstractContextManager[Any]:
        """Keep processes from exchanging gradients while parts of the batch are still to come."""
        if self._single:
            return contextlib.nullcontext()
        return self._fabric.no_backward_sync(self._wrapped, enabled=more_to_come)

    def _optimizer_tensors(self) -> dict[str, Tensor]:
        names: dict[Tensor, str] = {p: name for name, p in self.model.named_parameters()}
        tensors = {
            f"{names[parameter]}/{key}": value
            for parameter, state in self.optimizer.state.items()
            for key, value in state.items()
        }
        return whole(tensors)

    def _load_optimizer(self, tensors: Mapping[str, Tensor]) -> None:
        """Set the optimizer's state; moments get the memory layout of their parameters."""
        state: dict[str, dict[str, Tensor]] = defaultdict(dict)
        parameters = dict(self.model.named_parameters())
        for path, value in tensors.items():
            name, _, key = path.rpartition("/")
            like = parameters[name]
            state[name][key] = fill(torch.empty_like(like), value) if value.ndim else value.clone()
        whole_state = self.optimizer.state_dict()
        ordered = [p for group in self.optimizer.param_groups for p in group["params"]]
        names = {p: name for name, p in parameters.items()}
        whole_state["state"] = {i: state[names[p]] for i, p in enumerate(ordered) if names[p] in state}
        self.optimizer.load_state_dict(whole_state)

    def _everyones(self, state: Any) -> Any:
        """Return the carried state of all processes, one below the other."""
        return self._fabric.all_gather(state) if self._fabric.world_size > 1 else state

    def _own(self, state: Any) -> Any:
        """Return this process's part of what ``_everyones`` gathered."""
        if self._fabric.world_size == 1:
            return state
        return apply_to_collection(state, Tensor, lambda gathered: gathered[self._fabric.global_rank])


def mixed(*numbers: int) -> int:
    """Return one 64-bit seed for several numbers (a step of SplitMix64 for each, Steele et al. 2014)."""
    state = 0
    for number in numbers:
        state = (state ^ number) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def _sent(batch: Batch, device: torch.device) -> Batch:
    """Return ``batch`` on ``device``."""
    if device.type == "cpu":
        return batch
    return batch.pinned_to(device) if device.type == "cuda" else batch.to(device)


def _group(checkpoint: Checkpoint, name: str, path: Path) -> Mapping[str, Tensor]:
    if name not in checkpoint.tensors:
        raise CheckpointError(f"{path} has no {name}.safetensors; it belongs to another configuration")
    return checkpoint.tensors[name]
