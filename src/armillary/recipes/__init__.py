"""Named complete experiments.

A recipe is a function that returns a RunConfig.  ``experiment`` turns what a user asks for (a recipe or
task by name, their data, a size, fields by dotted path) into the configuration of a run, ``fine_tuning``
a finished run and what is to change.
"""

from armillary.recipes.experiment import experiment, fine_tuning, name_for
from armillary.recipes.registry import RECIPES, Recipe

__all__ = ["RECIPES", "Recipe", "experiment", "fine_tuning", "name_for"]
