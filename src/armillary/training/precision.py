"""Which number format trains a model fastest here: ``precision="auto"``, decided by measurement."""

from __future__ import annotations

import hashlib
import json

from armillary.training.config import RunConfig
from armillary.training.learner import Learner
from armillary.training.machine import tune_machine
from armillary.training.parallel import device_type, fabric_for
from armillary.training.probe import Precision, machine, matmul_peak, remembered

MATMUL_GAIN = 1.5  # how much faster than 32 bits bf16 must multiply to come into question
STEP_GAIN = 1.15  # how much faster a CPU must then train the model to outweigh the coarser numbers
WORTH_A_TRIAL = 1e6  # parameters; below, casts eat on a CPU what bf16 gains, for every family
STEPS = 4  # of the trial, the first of which does not count


def precision_of(config: RunConfig) -> Precision:
    """Return the precision of ``config``, which has nothing else left to derive.

    "auto" is bf16 where it is faster.  On an accelerator large products decide that.  On a CPU they say
    too much: a product that is three times faster may sit in a model that trains slower, so the model
    itself is tried, once for a machine.
    """
    if config.precision != "auto":
        return config.precision
    if config.model.kind == "gan":  # its penalties are gradients of gradients, which bf16 is too coarse for
        return "32-true"
    device = device_type(config)
    if faster_product(device) == "32-true" or device != "cpu":
        return faster_product(device)
    if config.model.n_params < WORTH_A_TRIAL:
        return "32-true"
    gain = remembered("bf16 speed-up", f"{machine(device)}, {_fingerprint(config)}", lambda: _gain(config))
    return "bf16-mixed" if gain >= STEP_GAIN else "32-true"


def faster_product(device: str) -> Precision:
    """Return the precision in which ``device`` multiplies large matrices clearly faster."""
    if device not in ("cpu", "cuda"):
        return "32-true"
    gain = matmul_peak("bf16-mixed", device) / matmul_peak("32-true", device)
    return "bf16-mixed" if gain >= MATMUL_GAIN else "32-true"


def _gain(config: RunConfig) -> float:
    """Return how many times faster a step of ``config`` is in bf16."""
    tune_machine()
    return _step_seconds(config, "32-true") / _step_seconds(config, "bf16-mixed")


def _step_seconds(config: RunConfig, precision: Precision) -> float:
    assert config.batch_size is not None
    lr, share = config.optim.lr, config.batch_size // config.devices
    assert lr is not None
    config = config.replace(precision=precision, batch_size=share, devices=1, strategy="auto")
    learner = Learner(config, fabric_for(config))
    batches = config.task.training_batches(share, config.seed)
    return min([learner.timed_step(step, lr, batches) for step in range(STEPS)][1:])


def _fingerprint(config: RunConfig) -> str:
    """Return what of ``config`` decides the time of a step, in short."""
    deciding = (config.model.to_dict(), config.batch_size, config.accumulate, config.compile)
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:16]
