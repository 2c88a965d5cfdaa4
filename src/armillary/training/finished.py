"""What a finished run leaves for others: weights, configuration, preprocessor, outputs, data terms, card."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from armillary.core.files import atomic_path, write_json, write_text
from armillary.runs.judgement import Judgement, write_judgement
from armillary.runs.run import Run, Summary
from armillary.training.card import model_card
from armillary.training.config import RunConfig
from armillary.training.weights import write_tensors

WEIGHTS = "model.safetensors"  # what inference reads again; the preprocessor's files are the task's affair


def write_model(
    run: Run, config: RunConfig, weights: Mapping[str, Tensor], judgement: Judgement, summary: Summary
) -> None:
    """Write the model's files into the folder of ``run``; the summary, written after them, completes it.

    Of the ``judgement`` the outputs are kept, where it has any.
    """
    with atomic_path(run.path / WEIGHTS) as part:
        write_tensors(part, weights)
    model = config.model.to_dict()
    write_json(run.path / "config.json", {"model_type": f"armillary-{model.pop('kind')}", **model})
    config.task.save_preprocessor(run.path)
    if judgement.examples:
        write_judgement(run, judgement)
    source = config.task.source
    counts = config.task.report()
    terms = {"licence": source.licence, "citation": source.citation, "counts": counts}
    write_json(run.path / "data.json", terms)
    write_text(run.path / "README.md", model_card(run, config, summary, counts))
    run.finish(summary)
