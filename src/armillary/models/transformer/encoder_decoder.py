"""The encoder-decoder Transformer (Vaswani et al. 2017): one stack reads or hears, another writes of it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import Memory, padding_mask
from armillary.models.layers.block import BlockConfig
from armillary.models.layers.cache import KeyValueCache
from armillary.models.layers.copying import CopyHead, CopySource
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.frames import FrameReader
from armillary.models.layers.padding import real_positions
from armillary.models.layers.positions import PositionKind
from armillary.models.layers.token_loss import Wanted
from armillary.models.sequences import Source
from armillary.models.signature import Signature
from armillary.models.transformer.stack import Stack


class TransformerState:
    """Some sources, and keys and values of what was written of each so far (``models.sequences``)."""

    def __init__(self, memories: list[Memory], n_beams: int, copied: CopySource | None) -> None:
        self.memories = memories
        self.n_beams = n_beams
        self.copied = copied
        self.position = 0  # tokens written
        self.caches = [KeyValueCache() for _ in memories]

    @property
    def n_rows(self) -> int:
        """Texts that are being written."""
        return len(self.memories[0].keys) * self.n_beams

    def reorder(self, rows: Int[Tensor, " rows"]) -> None:
        """Let row i go on from what row ``rows[i]`` was, a row of the same source."""
        for cache in self.caches:
            cache.take(rows)

    def keep(self, sources: Int[Tensor, " n"]) -> None:
        """Let only these sources go on, with all of their beams."""
        beams = torch.arange(self.n_beams, device=sources.device)
        self.reorder((sources[:, None] * self.n_beams + beams).flatten())
        self.memories = [memory.keep(sources) for memory in self.memories]
        self.copied = None if self.copied is None else self.copied.keep(sources)


class EncoderDecoder(nn.Module):
    """Scores of each target token, from the whole source and the target tokens before it.

    One table of vectors serves source, target and output (Press & Wolf 2017), multiplied by
    sqrt(d_model) where it enters (Vaswani et al. 2017, section 3.4).  With ``copies`` a pointer may also
    take a token from the source (See et al. 2017).

    A recording is heard as Whisper does it (Radford et al. 2022): convolutions make ``stride`` frames one
    step, and the steps are the source.
    """

    def __init__(
        self,
        signature: Signature,
        encoder: BlockConfig,
        decoder: BlockConfig,
        positions: PositionKind,
        *,
        copies: bool = False,
        stride: int = 1,
    ) -> None:
        super().__init__()
        d_model = encoder.d_model
        hears = signature.inputs == "frames"
        self.reader = FrameReader(signature.n_mels, d_model, stride) if hears else None
        self.embedding = TokenEmbedding(signature.vocab_size, d_model, scale=d_model**0.5)
        self.encoder = Stack(encoder, positions, torch.arange(signature.length)[:, None])
        self.decoder = Stack(decoder, positions, torch.arange(signature.target_length)[:, None])
        self.copy_head = CopyHead(d_model) if copies else None
        self.start = signature.vocab_size - 1  # the mark that ends a text stands before the next one

    def forward(
        self,
        inputs: Source,
        lengths: Int[Tensor, " sources"] | None,
        targets: Int[Tensor, "sources target"],
        wanted: Wanted | None = None,
    ) -> Float[Tensor, "sources target vocab_size"] | Float[Tensor, ""]:
        """Return the scores of each target token, given the source and the targets before it.

        With ``wanted``, the targets with padding marked: their loss.
        """
        state = self.read(inputs, lengths)
        return self._scores(self.decoder(self._shifted(targets), memories=state.memories), state, wanted)

    def read(
        self,
        inputs: Source,
        lengths: Int[Tensor, " sources"] | None = None,
        n_beams: int = 1,
    ) -> TransformerState:
        """Return the state before the first token is written."""
        if self.reader is None:
            x = self.embedding(inputs)
        else:
            x, lengths = self.reader(inputs, lengths)
        real = real_positions(lengths, x.shape[1])
        mask = padding_mask(real)
        vectors = self.encoder(x, mask)
        copied = None if self.copy_head is None else self.copy_head.read(inputs, vectors, real)
        return TransformerState(self.decoder.read(vectors, mask), n_beams, copied)

    def write(
        self, tokens: Int[Tensor, " rows"] | None, state: TransformerState
    ) -> Float[Tensor, "rows vocab_size"]:
        """Return the scores of the next token, after ``tokens`` was written (None: nothing yet)."""
        if tokens is None:
            device = self.embedding.table.weight.device
            tokens = torch.full((state.n_rows,), self.start, device=device)
        x = self.embedding(tokens[:, None])
        x = self.decoder(x, start=state.position, caches=state.caches, memories=state.memories)
        state.position += 1
        return self._scores(x, state)[:, 0]

    def alignment(
        self,
        inputs: Source,
        lengths: Int[Tensor, " sources"] | None,
        targets: Int[Tensor, "sources target"],
    ) -> Float[Tensor, "sources target source"]:
        """Return how much each target token looked at each source token, the mean over layers and heads."""
        state, looked = self.read(inputs, lengths), list[Tensor]()
        self.decoder(self._shifted(targets), memories=state.memories, looked=looked)
        return torch.stack(looked).mean(0)

    def _shifted(self, targets: Int[Tensor, "batch target"]) -> Float[Tensor, "batch target d_model"]:
        """Return what stands before each target token: the end of a text before the first."""
        vectors: Tensor = self.embedding(F.pad(targets[:, :-1], (1, 0), value=self.start))
        return vectors

    def _scores(
        self, x: Float[Tensor, "rows seq d_model"], state: TransformerState, wanted: Wanted | None = None
    ) -> Tensor:
        if self.copy_head is None or state.copied is None:
            return self.embedding.output(x, wanted)
        log_probs: Tensor = self.copy_head(x, state.copied, self.embedding.logits(x))
        return log_probs if wanted is None else wanted.loss(log_probs)
