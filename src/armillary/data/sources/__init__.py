"""Where examples come from: one file a source, each registered under its name."""

from armillary.data.base import SOURCES
from armillary.data.sources.asterisk_sounds import AsteriskSounds
from armillary.data.sources.audio_folder import AudioFolder
from armillary.data.sources.captioned_digits import CaptionedDigits
from armillary.data.sources.captioned_fashion_mnist import CaptionedFashionMNIST
from armillary.data.sources.captioned_folder import CaptionedFolder
from armillary.data.sources.catalogues import InstalledCatalogues
from armillary.data.sources.debian_descriptions import DebianDescriptions, DebianSynopses
from armillary.data.sources.digits import Digits
from armillary.data.sources.docstrings import Docstrings
from armillary.data.sources.espeak import Espeak
from armillary.data.sources.fashion_mnist import FashionMNIST
from armillary.data.sources.gcin_voice import GcinVoice
from armillary.data.sources.gettext import MessageCatalogues
from armillary.data.sources.huggingface import (
    HuggingFaceCaptions,
    HuggingFaceDocuments,
    HuggingFaceImages,
    HuggingFaceTexts,
)
from armillary.data.sources.huggingface_pairs import HuggingFacePairs
from armillary.data.sources.image_folder import ImageFolder
from armillary.data.sources.infer import infer_source
from armillary.data.sources.libreoffice_help import LibreOfficeHelp
from armillary.data.sources.moses import AlignedFiles
from armillary.data.sources.pairs import PairTable
from armillary.data.sources.stdlib import StandardLibrary
from armillary.data.sources.stdlib_modules import StandardLibraryModules
from armillary.data.sources.sung_digits import SungDigits
from armillary.data.sources.table import DocumentTable, LabelledTable
from armillary.data.sources.text_files import TextFiles
from armillary.data.sources.tmx import TranslationMemory

__all__ = [
    "SOURCES",
    "AlignedFiles",
    "AsteriskSounds",
    "AudioFolder",
    "CaptionedDigits",
    "CaptionedFashionMNIST",
    "CaptionedFolder",
    "DebianDescriptions",
    "DebianSynopses",
    "Digits",
    "Docstrings",
    "DocumentTable",
    "Espeak",
    "FashionMNIST",
    "GcinVoice",
    "HuggingFaceCaptions",
    "HuggingFaceDocuments",
    "HuggingFaceImages",
    "HuggingFacePairs",
    "HuggingFaceTexts",
    "ImageFolder",
    "InstalledCatalogues",
    "LabelledTable",
    "LibreOfficeHelp",
    "MessageCatalogues",
    "PairTable",
    "StandardLibrary",
    "StandardLibraryModules",
    "SungDigits",
    "TextFiles",
    "TranslationMemory",
    "infer_source",
]
