"""The families of models, each in a package of its own; layers that they share in layers/.

Importing this package enters every family in ``MODELS``.
"""

from armillary.models import cnn, images, lstm, transformer
from armillary.models.base import MODELS, ModelConfig
from armillary.models.signature import Signature

__all__ = ["MODELS", "ModelConfig", "Signature", "cnn", "images", "lstm", "transformer"]
