"""What is learnt and how it is judged, one file per task; importing this package enters them in ``TASKS``."""

from armillary.tasks.automatic_speech_recognition import AutomaticSpeechRecognition
from armillary.tasks.base import TASKS, Task
from armillary.tasks.image_classification import ImageClassification
from armillary.tasks.summarization import Summarization
from armillary.tasks.text_classification import TextClassification
from armillary.tasks.text_generation import TextGeneration
from armillary.tasks.text_to_image import TextToImage
from armillary.tasks.translation import Translation

__all__ = [
    "TASKS",
    "AutomaticSpeechRecognition",
    "ImageClassification",
    "Summarization",
    "Task",
    "TextClassification",
    "TextGeneration",
    "TextToImage",
    "Translation",
]
