"""Runs as training would leave them, with weights drawn instead of learnt."""

from pathlib import Path

import torch
from tiny_tasks import CASES
from torch import nn

from armillary.models import MODELS
from armillary.runs.judgement import Judgement
from armillary.runs.run import Run, Summary
from armillary.training.config import RunConfig
from armillary.training.finished import write_model

SUMMARY = Summary(
    n_params=1,
    n_params_non_embedding=1,
    n_examples=1,
    n_tokens=1,
    train_flops=1.0,
    loss=1.0,
    seconds=1.0,
    unit="token",
    metrics={"loss": 1.0},
)


def finished_run(folder: Path, task: str, kind: str = "transformer", **fields) -> Run:
    """Return a finished run of a tiny model; ``fields`` are of its configuration."""
    case = CASES[task](folder)
    config = RunConfig(task=case.task, model=MODELS[kind](), budget="1 step").fitted()
    config = config.replace(model=config.model.at_size(3e4).replace(**fields))
    run = Run.create(folder / "run", config.to_dict())
    write_model(run, config, drawn(config.model.build()).state_dict(), Judgement("test", {}, "", ()), SUMMARY)
    return run


def drawn(module: nn.Module, seed: int = 0, end: float = 1.7) -> nn.Module:
    """Return ``module`` in evaluation mode with no weight left as it starts: norms and biases drawn too.

    The score of the end mark, the last token, is raised by ``end``, so that texts of a Transformer end.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.add_(0.2 * torch.randn(p.shape, generator=generator) * (1 if p.ndim == 1 else p.std()))
        if hasattr(module, "embedding"):
            _let_end(module, end)
    return module.eval()


def _let_end(module: nn.Module, end: float) -> None:
    """Make texts end, some early and some late.

    A tied table scores highest what was written last, and at the start that is the end mark: half of the
    channels are turned away.  Maps are doubled, so that texts depend on more than on what came last, and the
    mark's own vector is made longer.
    """
    for name, p in module.named_parameters():
        p *= 2 if p.ndim == 2 and "table" not in name else 1
    gains = [p for name, p in module.named_parameters() if "norm" in name and name.endswith("weight")]
    gains[-1][::2] *= -1
    module.embedding.table.weight[-1] *= end
