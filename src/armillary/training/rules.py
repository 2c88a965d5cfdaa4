"""What a configuration leaves open, derived in one place, each rule with its source.

Language models: the constants were measured on models of 1e4 to 3e5 parameters, 5e5 to 2e6 tokens of
512 subwords and one CPU thread; published laws say how they move from there.  Models that turn one text
into another follow the same rules, their units being the tokens that they write.  Classifiers and generators
of images: customary values, checked on the built-in sources.
"""

from __future__ import annotations

import math
from typing import Literal

from armillary.training.budget import Budget
from armillary.training.config import RunConfig
from armillary.training.flops import FlopCounter
from armillary.training.parallel import device_type
from armillary.training.precision import faster_product, precision_of
from armillary.training.probe import matmul_peak

SMALL_BATCH = 512  # tokens a step, best of 256 to 1024 for up to SMALL_DATA tokens
SMALL_DATA = 2e6  # tokens
MUON_BATCH = 2  # times the batch of AdamW: what a step of Muon costs beside the gradient is shared by more
MUON_RATE = 2.5  # times the rate of AdamW; at 2e6 parameters 3 did best over 500 steps, 2 did well over 4,000
LARGE_BATCH = 2**19  # tokens a step, of GPT-3's smaller models (Brown et al. 2020, table 2.1)

# Peak learning rates: next-token at 1e5 parameters and SMALL_BATCH, class at 1e5 parameters.
NEXT_TOKEN_LR = {"transformer": 5e-3, "cnn": 7e-3, "lstm": 7e-3}
CLASS_LR = {"transformer": 4e-3, "cnn": 4e-3, "lstm": 8e-3, "gan": 4e-4}
OF_EXAMPLES = ("class", "image")  # outputs of which an example is one, not a text of many
ELSE_LR = 2e-3  # of a family that is not in the table
LARGEST_LR = 0.02  # the laws are not followed beyond: nothing larger was tried

EFFICIENCY = 0.4  # share of the matmul peak that training reaches, to guess what a budget in time will do


def algorithm_of(config: RunConfig) -> Literal["adamw", "muon"]:
    """Return what moves the weights: Muon in a Transformer that turns texts into others, else AdamW.

    At 2e13 FLOP on 23 thousand pairs an LSTM came to 3.43 nats with AdamW and to 3.57 with Muon.  Sharded
    weights are whole on no process, which Muon needs.
    """
    model = config.fitted().model
    suits = model.kind == "transformer" and model.signature.outputs == "tokens"
    return config.optim.algorithm or ("muon" if suits and config.strategy != "fsdp" else "adamw")


def learning_rate(family: str, outputs: str, n_params: float, n_tokens: float) -> float:
    """Return the peak learning rate; ``outputs`` are the signature's."""
    if outputs in OF_EXAMPLES:
        return min(LARGEST_LR, CLASS_LR.get(family, ELSE_LR) * math.pow(n_params / 1e5, -0.25))
    return next_token_learning_rate(family, n_params, n_tokens)


def next_token_learning_rate(family: str, n_params: float, n_tokens: float) -> float:
    """Return the lowest of what two laws ask for, of which each holds at its end of the scale.

    Small: lr ~ N^(-1/3), measured, and ~ sqrt(batch), as Adam's noise has it (Malladi et al. 2022).
    Large: Step Law (Li et al. 2025, arXiv:2503.04715), lr = 1.79 N^-0.713 D^0.307, fitted on 6e7 to 1e9.
    """
    growth = math.sqrt(batch_tokens(n_tokens) / SMALL_BATCH)
    small = NEXT_TOKEN_LR.get(family, ELSE_LR) * math.pow(n_params / 1e5, -1 / 3) * growth
    return min(LARGEST_LR, small, 1.79 * math.pow(n_params, -0.713) * math.pow(n_tokens, 0.307))


def batch_tokens(n_tokens: float) -> float:
    """Return the tokens a step of a language model: B ~ D^0.571 (Step Law, Li et al. 2025), not below 512.

    Step Law's own constant, 0.58, minimises loss over tokens; the smaller batch measured here, over time.
    """
    return SMALL_BATCH * math.pow(max(1.0, n_tokens / SMALL_DATA), 0.571)


def batch_examples(n_examples: float) -> int:
    """Return the examples a step of a classifier: about half the root of the data's size, 32 to 256.

    The best batch grows with the data (Smith & Le 2018); small data needs many steps more than it needs
    quiet ones.
    """
    return min(256, max(32, _power_of_two(math.sqrt(n_examples) / 2)))


def weight_decay(outputs: str, lr: float, n_steps: float) -> float:
    """Return the decoupled decay.

    Language models that see their data about once: 0.1, as is customary (Brown et al. 2020, Hoffmann et
    al. 2022).  Classifiers, which see it many times: weights that average the updates of the last half of
    the run, 1 / (lr * decay) = steps / 2 (Wang & Aitchison 2024, arXiv:2405.13698), within 0.01 to 0.5.
    Models that turn one text into another see their pairs many times too.
    """
    if outputs == "next-token":
        return 0.1
    return min(0.5, max(0.01, 2.0 / (lr * n_steps)))


def beta2(outputs: str, tokens_a_step: float) -> float:
    """Return the decay of AdamW's second moment.

    0.99 in small batches, whose noisy squares need a long average (Porian et al. 2024, arXiv:2406.19146),
    0.95 in large ones (Brown et al. 2020); between the two 1 - beta2 is a power of the batch.
    """
    if outputs in OF_EXAMPLES:
        return 0.99
    power = math.log(0.05 / 0.01) / math.log(LARGE_BATCH / SMALL_BATCH)
    return 1.0 - min(0.05, 0.01 * math.pow(max(1.0, tokens_a_step / SMALL_BATCH), power))


def warmup(n_steps: float) -> int:
    """Return the steps of linear warm-up: 50 where thousands follow, more only for very long runs.

    A long warm-up is lost on small models and bends their scaling law (Porian et al. 2024).
    """
    return int(min(1000.0, n_steps / 10, max(50.0, n_steps / 80)))


def resolved(config: RunConfig) -> RunConfig:
    """Return ``config`` with nothing left open: model built for the task, rates, batch, precision.

    ``resolved(resolved(config)) == resolved(config)``.  Reads the source, and on a machine's first run
    measures its matmul peak where the precision or a budget in time asks for it.
    """
    config = config.fitted()
    config = config.replace(batch_size=config.batch_size or batch_size(config))
    assert config.batch_size is not None
    n_tokens, tokens_a_step = expected_tokens(config), config.batch_size * tokens_of_example(config)
    n_steps, outputs, optim = n_tokens / tokens_a_step, config.model.signature.outputs, config.optim
    algorithm = algorithm_of(config)
    muons = MUON_RATE if algorithm == "muon" else 1.0
    lr = optim.lr or muons * learning_rate(config.model.kind, outputs, config.model.n_params, n_tokens)
    decay = weight_decay(outputs, lr, n_steps) if optim.weight_decay is None else optim.weight_decay
    optim = optim.replace(algorithm=algorithm, lr=lr, weight_decay=decay)
    optim = optim.replace(beta2=optim.beta2 or beta2(outputs, tokens_a_step))
    steps = warmup(n_steps) if config.schedule.warmup is None else config.schedule.warmup
    config = config.replace(optim=optim, schedule=config.schedule.replace(warmup=steps))
    return config.replace(precision=precision_of(config))


def batch_size(config: RunConfig) -> int:
    """Return the examples a step, a multiple of what ``config`` splits a batch into."""
    parts = config.devices * config.accumulate
    if config.model.signature.outputs in OF_EXAMPLES:
        return math.ceil(batch_examples(n_examples(config)) / parts) * parts
    muons = MUON_BATCH if algorithm_of(config) == "muon" else 1
    size, before = parts, 0
    while size != before:  # a budget in steps is so many tokens as the batch makes it: grow until both agree
        before, tokens = size, muons * batch_tokens(expected_tokens(config.replace(batch_size=size)))
        size = math.ceil(_power_of_two(tokens / tokens_of_example(config)) / parts) * parts
    return size


def expected_tokens(config: RunConfig) -> float:
    """Return the units of the loss that training on ``config``'s budget will see, of a time a guess."""
    budget, unit = Budget.parse(config.budget), tokens_of_example(config)
    if budget.unit == "tokens":
        return budget.amount
    if budget.unit == "epochs":
        return budget.amount * n_examples(config) * unit
    if budget.unit == "steps":
        assert config.batch_size is not None
        return budget.amount * config.batch_size * unit
    flop = budget.amount
    if budget.unit == "seconds":
        device = device_type(config)
        flop *= EFFICIENCY * matmul_peak("32-true" if device == "cpu" else faster_product(device), device)
    example = config.task.dummy_batch(1)
    return max(unit, flop / FlopCounter(config)(example) * unit)


def tokens_of_example(config: RunConfig) -> int:
    """Return the units of the loss in one example."""
    return config.task.dummy_batch(1).n_units


def n_examples(config: RunConfig) -> int:
    """Return the examples of the training split."""
    return config.task.training_batches(1, config.seed).steps_per_epoch


def _power_of_two(value: float) -> int:
    return 1 << max(0, round(math.log2(value)))
