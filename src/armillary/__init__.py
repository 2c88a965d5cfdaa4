"""Armillary: small working models of a task, how they scale, and what the large one would cost.

Importing this package loads nothing else: the half that reasons about numbers must not pay for PyTorch.
"""

__version__ = "0.1.0"
