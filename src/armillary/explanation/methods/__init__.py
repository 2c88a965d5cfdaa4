"""Ways to say what an answer is due to, one file for those of a kind.

Importing this package enters every method in ``METHODS``.
"""

from armillary.explanation.methods import attention, grad_cam, gradients, perturbation
from armillary.explanation.methods.base import METHODS, Method

__all__ = ["METHODS", "Method", "attention", "grad_cam", "gradients", "perturbation"]
