"""The model card of an export: the run's, but for how it is used."""

from __future__ import annotations

from armillary.core.files import read_json
from armillary.inference import Model
from armillary.training.card import model_card


def exported_card(model: Model, library: str, use: str) -> str:
    """Return README.md for another ``library``, whose section "Use" is ``use``; the source is not read."""
    counts = read_json(model.run.path / "data.json")["counts"]
    return model_card(model.run, model.config, model.run.summary, counts, library=library, use=use)
