"""One way to ask any trained run, and to compare two."""

from armillary.inference.comparison import compare, kept_judgement
from armillary.inference.ctranslate2_engine import CTranslate2Writer
from armillary.inference.engines import ENGINES
from armillary.inference.files import AnsweredFile, answer_file, as_text
from armillary.inference.model import Model, open_model

__all__ = [
    "ENGINES",
    "AnsweredFile",
    "CTranslate2Writer",
    "Model",
    "answer_file",
    "as_text",
    "compare",
    "kept_judgement",
    "open_model",
]
