"""One way to ask any trained run, and to compare two."""

from armillary.inference.comparison import compare, kept_judgement
from armillary.inference.files import AnsweredFile, answer_file, as_text
from armillary.inference.model import Model, open_model

__all__ = ["AnsweredFile", "Model", "answer_file", "as_text", "compare", "kept_judgement", "open_model"]
