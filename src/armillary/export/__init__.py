"""Runs in the formats of other libraries, which open them without this one."""

from armillary.export.base import EXPORTERS, Export, Exporter, export
from armillary.export.ctranslate2 import CTranslate2
from armillary.export.huggingface import HuggingFace
from armillary.export.parity import Parity

__all__ = ["EXPORTERS", "CTranslate2", "Export", "Exporter", "HuggingFace", "Parity", "export"]
