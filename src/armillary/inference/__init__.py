"""One way to ask any trained run."""

from armillary.inference.model import Model, open_model

__all__ = ["Model", "open_model"]
