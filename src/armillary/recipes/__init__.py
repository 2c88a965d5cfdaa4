"""Named complete experiments.

A recipe is a function that returns a RunConfig.  ``experiment`` turns what a user asks for (a recipe or
task by name, their data, a size, fields by dotted path) into the configuration of a run.
"""

from armillary.recipes.experiment import experiment
from armillary.recipes.registry import RECIPES, Recipe

__all__ = ["RECIPES", "Recipe", "experiment"]
