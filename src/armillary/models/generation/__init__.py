"""Writing: a language model continues a text; a model of sequences writes an answer to what it read.

generate, stream     continue prompts (``continuation``)
write, stream_one    answers to sources: greedy, drawn, or searched for with beams
"""

from armillary.models.generation.answers import stream_one, write
from armillary.models.generation.choice import among_top_k, among_top_p
from armillary.models.generation.continuation import Sampling, choose, generate, stream
from armillary.models.generation.writing import Writing, Written

__all__ = [
    "Sampling",
    "Writing",
    "Written",
    "among_top_k",
    "among_top_p",
    "choose",
    "generate",
    "stream",
    "stream_one",
    "write",
]
