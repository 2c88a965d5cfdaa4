"""One way to ask any trained run, and to compare two."""

from armillary.inference.comparison import compare, kept_judgement
from armillary.inference.model import Model, open_model

__all__ = ["Model", "compare", "kept_judgement", "open_model"]
