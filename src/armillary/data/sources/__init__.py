"""Where examples come from: one file a source, each registered under its name."""

from armillary.data.sources.digits import Digits
from armillary.data.sources.stdlib import StandardLibrary
from armillary.data.sources.stdlib_modules import StandardLibraryModules
from armillary.data.sources.table import DocumentTable, LabelledTable
from armillary.data.sources.text_files import TextFiles

__all__ = [
    "Digits",
    "DocumentTable",
    "LabelledTable",
    "StandardLibrary",
    "StandardLibraryModules",
    "TextFiles",
]
