"""Long short-term memory: a recurrent language model, and a reader in both directions for classes."""

from armillary.models.lstm.classic import ClassicLSTMConfig
from armillary.models.lstm.config import LSTMConfig

__all__ = ["ClassicLSTMConfig", "LSTMConfig"]
