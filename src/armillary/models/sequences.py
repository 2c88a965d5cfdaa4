"""What models that turn one sequence into another have in common: they read, then they write.

Such a model (``outputs = "tokens"``) is trained on whole pairs and asked token by token:

    scores = model(inputs, lengths, targets)          (batch, target, vocab_size)
    loss   = model(inputs, lengths, targets, wanted)  ()
    state  = model.read(inputs, lengths, n_beams)
    scores = model.write(tokens, state)               (rows, vocab_size)

Scores are those of each target token given the source and the target tokens before it; softmax makes
them a distribution (a model that copies returns log-probabilities, which softmax leaves as they are).
What stands before the first token is the mark that ends a text, the last id, as in fairseq (Ott et al.
2019).  Padding is ignored, whatever ids it holds.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from armillary.models.layers.token_loss import Wanted

Source = Int[Tensor, "sources source"] | Float[Tensor, "sources frames mels"]  # texts, or recordings


@runtime_checkable
class WritingState(Protocol):
    """What a model knows of some sources, and of what was written of each so far.

    A source is written ``n_beams`` times at once; rows are sorted by source: the row of a source's beam
    is ``source * n_beams + beam``.  A state is changed in place by ``write`` and by its own methods.
    """

    def reorder(self, rows: Int[Tensor, " rows"]) -> None:
        """Let row i go on from what row ``rows[i]`` was, a row of the same source."""

    def keep(self, sources: Int[Tensor, " n"]) -> None:
        """Let only these sources go on, with all of their beams."""


@runtime_checkable
class WritingModel(Protocol):
    """What a search for the best text needs of a model."""

    def read(
        self,
        inputs: Source,
        lengths: Int[Tensor, " sources"] | None = None,
        n_beams: int = 1,
    ) -> WritingState:
        """Return the state before the first token is written."""

    def write(
        self, tokens: Int[Tensor, " rows"] | None, state: WritingState
    ) -> Float[Tensor, "rows vocab_size"]:
        """Return the scores of the next token, after ``tokens`` was written (None: nothing yet)."""


@runtime_checkable
class SequenceModel(WritingModel, Protocol):
    """A model that reads a sequence of tokens and writes another."""

    def __call__(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None,
        targets: Int[Tensor, "batch target"],
        wanted: Wanted | None = None,
    ) -> Float[Tensor, "batch target vocab_size"] | Float[Tensor, ""]:
        """Return the scores of each target token, given the source and the targets before it.

        With ``wanted``, the targets with padding marked: their loss.
        """

    def alignment(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None,
        targets: Int[Tensor, "batch target"],
    ) -> Float[Tensor, "batch target source"]:
        """Return how much each target token looked at each source token; every row sums to 1."""
