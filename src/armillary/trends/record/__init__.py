"""The record that ships: models, innovations, demand and the assumptions about limits, each with its source.

Figures of models and chips come in large part from Epoch AI's data, CC BY 4.0; the row names the edition.
"""

from armillary.trends.record.assumptions import Assumption, assumptions
from armillary.trends.record.innovations import Innovation, Progress, innovations, progress
from armillary.trends.record.shipped import hardware, measures, models

__all__ = [
    "Assumption",
    "Innovation",
    "Progress",
    "assumptions",
    "hardware",
    "innovations",
    "measures",
    "models",
    "progress",
]
