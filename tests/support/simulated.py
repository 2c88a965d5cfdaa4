"""Ladders whose truth is known."""

from __future__ import annotations

import numpy as np

from armillary.runs.run import Run, Summary
from armillary.scaling.laws import Chinchilla
from armillary.scaling.observations import Observation

# In the region of language models of 1e5 parameters on 1e6 tokens: L about 3 nats.
TRUTH = Chinchilla(E=1.6, A=50.0, B=90.0, alpha=0.35, beta=0.38)


def grid(n_sizes=4, n_budgets=3, sizes=(3e4, 3e5), budgets=(0.5e6, 2e6)):
    """Return (N, D) of a ladder, flattened."""
    n, d = np.meshgrid(np.geomspace(*sizes, n_sizes), np.geomspace(*budgets, n_budgets), indexing="ij")
    return n.ravel(), d.ravel()


def noisy(law, n, d, rng, branch=0.002, trunk=0.0):
    """Return losses with noise of its own for each run and noise shared by the runs of a size."""
    size = np.unique(n, return_inverse=True)[1]
    shared = trunk * rng.standard_normal(size.max() + 1)[size]
    return law(n, d) * np.exp(branch * rng.standard_normal(len(n)) + shared)


def observations(law=TRUTH, family="transformer", seed=0, branch=0.002, flops=6.0, **shape):
    """Return the observations of a simulated ladder, ``flops`` N a token."""
    n, d = grid(**shape)
    losses = noisy(law, n, d, np.random.default_rng(seed), branch)
    return tuple(
        Observation(
            n_params=float(n[i]),
            n_tokens=float(d[i]),
            train_flops=float(flops * n[i] * d[i]),
            loss=float(losses[i]),
            family=family,
            name=f"{family}-{i}",
            seconds=float(flops * n[i] * d[i]) / 1e10,
        )
        for i in range(len(n))
    )


def write_run(folder, row, parent=None, finished=True, task="text-generation"):
    """Write the run that an observation would have come from."""
    config = {"seed": 0, "model": {"kind": row.family}, "task": {"kind": task}}
    run = Run.create(folder / row.name, config, parent)
    for share in (0.5, 1.0):
        loss = row.loss + 1 - share
        run.log(
            split="validation", n_tokens=share * row.n_tokens, train_flops=share * row.train_flops, loss=loss
        )
    run.log(split="train", n_tokens=row.n_tokens, train_flops=row.train_flops, loss=row.loss)
    if finished:
        run.finish(
            Summary(
                n_params=round(row.n_params),
                n_params_non_embedding=round(row.n_params / 2),
                n_examples=1,
                n_tokens=round(row.n_tokens),
                train_flops=row.train_flops,
                loss=row.loss,
                seconds=row.seconds,
                unit="token",
                metrics={},
            )
        )
