"""Why a model answered as it did, and whether that explanation can be believed."""

from armillary.explanation.explain import Explainer, explain
from armillary.explanation.methods import METHODS, Method
from armillary.explanation.ranking import rank
from armillary.explanation.subjects import Asked

__all__ = ["METHODS", "Asked", "Explainer", "Method", "explain", "rank"]
