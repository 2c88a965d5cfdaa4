"""What is asked of each task, one file for tasks that are asked alike.

Importing this package enters every one in ``SUBJECTS``.
"""

from armillary.explanation.subjects import image, language, pair, sound, text
from armillary.explanation.subjects.base import SUBJECTS, Asked, Subject

__all__ = ["SUBJECTS", "Asked", "Subject", "image", "language", "pair", "sound", "text"]
