"""What a finished run leaves for others: weights, configuration, preprocessor, outputs, data terms, card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from armillary.core.files import write_json, write_text
from armillary.runs.judgement import Judgement, write_judgement
from armillary.runs.run import Run, Summary
from armillary.training.card import model_card
from armillary.training.config import RunConfig
from armillary.training.stored import write_weights

WEIGHTS = "model.safetensors"  # what inference reads again; the preprocessor's files are the task's affair


def write_model(
    run: Run, config: RunConfig, weights: Mapping[str, Tensor], judgement: Judgement, summary: Summary
) -> None:
    """Write the model's files into the folder of ``run``; the summary, written after them, completes it.

    Of the ``judgement`` the outputs are kept, where it has any.
    """
    write_weights(run.path / WEIGHTS, config, weights)
    write_json(run.path / "config.json", described(config))
    config.task.save_preprocessor(run.path)
    if judgement.examples:
        write_judgement(run, judgement)
    source = config.task.source
    counts = config.task.report()
    terms = {"licence": source.licence, "citation": source.citation, "counts": counts}
    write_json(run.path / "data.json", terms)
    write_text(run.path / "README.md", model_card(run, config, summary, counts))
    run.finish(summary)


def described(config: RunConfig) -> dict[str, Any]:
    """Return ``config.json``: the model's shape in the form of Hugging Face, and how its weights are kept."""
    model = config.model.to_dict()
    shape = {"model_type": f"armillary-{model.pop('kind')}", **model}
    return shape if config.quantization is None else {**shape, "quantization": config.quantization.to_dict()}
