"""The shape of a transformer: parameters and FLOP counted matrix by matrix.

A multiplication of a vector with a matrix of P parameters is 2 P FLOP; the backward pass costs twice the
forward pass (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).  What the count leaves out (norms,
activations, softmax: below 1%) is time on the memory bus, which step.py counts, and not on the matrix units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

from armillary.core.errors import ConfigError

Kind = Literal["decoder", "encoder", "encoder-decoder"]
Recompute = Literal["none", "selective", "full"]
BACKWARD = 2.0  # FLOP of a backward pass over those of a forward pass
ASPECT = 128  # d_model / n_layers of shapes that are made up: GPT-3's (Brown et al. 2020, table 2.1)
ODDNESS = 0.15  # how much a factor in the proportions weighs against one in the size
GPT2_VOCABULARY = 50257
WIDTH_STEP = 128  # the tile of a matrix unit
WIDTHS = (  # of made-up shapes; wide ones have heads of 128 that split over 8 devices
    *range(WIDTH_STEP, 2048, WIDTH_STEP),
    *range(2048, 4096, 512),
    *range(4096, 65537, 1024),
)


@dataclass(frozen=True, kw_only=True)
class TransformerShape:
    """The sizes that fix a transformer's parameters and FLOP.

    ``n_layers`` counts the blocks of a decoder or an encoder; of an encoder-decoder those of both, half
    of them decoder blocks, which have cross-attention as well.  ConfigError when sizes do not go together.
    """

    n_layers: int  # blocks; of an encoder-decoder those of both halves
    d_model: int  # width of the residual stream
    n_heads: int  # of attention
    d_ff: int  # hidden units of the MLP; of one expert, where there are several
    vocab_size: int  # rows of the embedding table
    context: int  # tokens of a training sequence; of either half, for an encoder-decoder
    n_kv_heads: int | None = None  # fewer than n_heads: grouped-query attention; None: n_heads
    head_size: int | None = None  # None: d_model / n_heads
    gated: bool = False  # three matrices in the MLP (SwiGLU, GeGLU) instead of two
    tied: bool = True  # input and output embeddings are one table
    bias: bool = False  # every linear map has a bias, and the norms too (GPT-2, GPT-3, BERT)
    learned_positions: bool = False  # a table of context positions (GPT-2, GPT-3, BERT)
    kind: Kind = "decoder"  # which half or halves of the first transformer
    n_experts: int = 1  # of every MLP; a router chooses active_experts of them for each token
    active_experts: int = 1  # that one token passes, shared ones not counted
    shared_experts: int = 0  # experts that every token passes besides (DeepSeekMoE)

    def __post_init__(self) -> None:
        for name in ("n_layers", "d_model", "n_heads", "d_ff", "vocab_size", "context", "n_experts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; a shape needs at least 1")
        if self.head_size is None and self.d_model % self.n_heads:
            raise ConfigError(
                f"d_model {self.d_model} is no multiple of n_heads {self.n_heads}; give head_size"
            )
        if not 1 <= self.kv_heads <= self.n_heads or self.n_heads % self.kv_heads:
            raise ConfigError(f"n_kv_heads {self.kv_heads} does not divide n_heads {self.n_heads}")
        if not 1 <= self.active_experts <= self.n_experts:
            raise ConfigError(
                f"active_experts {self.active_experts} is not within n_experts {self.n_experts}"
            )
        if self.kind == "encoder-decoder" and self.n_layers % 2:
            raise ConfigError(
                f"an encoder-decoder of {self.n_layers} layers has no two halves; give an even number"
            )

    @classmethod
    def at_size(
        cls,
        n_params: float,
        *,
        vocab_size: int | None = None,
        context: int = 2048,
        gated: bool = False,
    ) -> Self:
        """Return a decoder of about ``n_params`` parameters with the proportions of GPT-3.

        Without ``vocab_size`` it is GPT-2's, or what leaves the table of a small model a third of the
        parameters.  ConfigError when no width up to 65,536 comes within 20%.
        """
        if not 1e3 <= n_params < math.inf:
            raise ConfigError(f"a transformer of {n_params:g} parameters has no usual shape; give one")
        vocab_size = vocab_size or min(GPT2_VOCABULARY, int(n_params / (3 * WIDTH_STEP)))
        best: Self | None = None
        for width in WIDTHS:
            shape = cls._of_width(width, n_params, vocab_size, context, gated)
            if best is None or shape._oddness(n_params) < best._oddness(n_params):
                best = shape
        assert best is not None
        if abs(math.log(best.n_params / n_params)) > 0.2:
            raise ConfigError(
                f"no decoder with a vocabulary of {vocab_size} has about {n_params:.3g} parameters "
                f"(the nearest has {best.n_params:.3g}); give the shape, or another vocabulary"
            )
        return best

    @classmethod
    def _of_width(cls, width: int, n_params: float, vocab_size: int, context: int, gated: bool) -> Self:
        """Return a decoder of a given width, as deep as ``n_params`` allows; depths split into stages."""
        one = cls(
            n_layers=1,
            d_model=width,
            n_heads=width // (128 if width >= 2048 else 64),
            d_ff=round(8 / 3 * width / WIDTH_STEP) * WIDTH_STEP if gated else 4 * width,
            vocab_size=vocab_size,
            context=context,
            gated=gated,
        )
        a_layer = one.n_params_non_embedding
        depth = (n_params - (one.n_params - a_layer)) / a_layer
        whole = 16 if depth > 60 else 8 if depth > 20 else 2 if depth > 5 else 1
        return replace(one, n_layers=max(1, round(depth / whole) * whole))

    def _oddness(self, n_params: float) -> float:
        """Return how far this is from the size asked for and, less gravely, from usual proportions."""
        aspect = abs(math.log(self.d_model / self.n_layers / ASPECT))
        return abs(math.log(self.n_params / n_params)) + ODDNESS * aspect

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values."""
        return self.n_heads if self.n_kv_heads is None else self.n_kv_heads

    @property
    def d_head(self) -> int:
        """Width of one head."""
        return self.d_model // self.n_heads if self.head_size is None else self.head_size

    @property
    def attention_width(self) -> int:
        """Width of all heads together."""
        return self.n_heads * self.d_head

    @property
    def kv_width(self) -> int:
        """Width of the keys; of the values too."""
        return self.kv_heads * self.d_head

    @property
    def cross_layers(self) -> int:
        """Blocks with cross-attention besides self-attention."""
        return self.n_layers // 2 if self.kind == "encoder-decoder" else 0

    @property
    def sequence_tokens(self) -> int:
        """Tokens of a training sequence: of a text and its translation, for an encoder-decoder."""
        return self.context * (2 if self.kind == "encoder-decoder" else 1)

    @property
    def attention_weights(self) -> int:
        """Weights of one attention: queries, keys, values, output."""
        return 2 * self.d_model * (self.attention_width + self.kv_width)

    @property
    def expert_weights(self) -> int:
        """Weights of one MLP, or one expert."""
        return (3 if self.gated else 2) * self.d_model * self.d_ff

    def mlp_weights(self, *, active: bool) -> int:
        """Weights of one block's MLP: all of them, or those that a token passes (router included)."""
        if self.n_experts == 1:
            return self.expert_weights * (1 + self.shared_experts)
        experts = (self.active_experts if active else self.n_experts) + self.shared_experts
        return experts * self.expert_weights + self.d_model * self.n_experts

    @property
    def n_params_non_embedding(self) -> int:
        """Parameters of all blocks: without embeddings, positions, output head and the last norm."""
        attentions = self.n_layers + self.cross_layers
        matrices = attentions * self.attention_weights + self.n_layers * self.mlp_weights(active=False)
        norms = (self.n_layers + attentions) * self.d_model * (2 if self.bias else 1)
        return matrices + norms + (self._biases() if self.bias else 0)

    def _biases(self) -> int:
        attention = self.attention_width + 2 * self.kv_width + self.d_model
        expert = (2 if self.gated else 1) * self.d_ff + self.d_model
        n_experts = self.n_experts + self.shared_experts
        return (self.n_layers + self.cross_layers) * attention + self.n_layers * n_experts * expert

    @property
    def n_params(self) -> int:
        """All parameters."""
        tables = (1 if self.tied else 2) * self.vocab_size * self.d_model
        positions = self.context * self.d_model if self.learned_positions else 0
        stacks = 2 if self.kind == "encoder-decoder" else 1
        last_norms = stacks * self.d_model * (2 if self.bias else 1)
        return self.n_params_non_embedding + tables + positions + last_norms

    @property
    def n_params_active(self) -> int:
        """Parameters that one token passes: fewer than all where a router chooses experts."""
        idle = self.mlp_weights(active=False) - self.mlp_weights(active=True)
        return self.n_params - self.n_layers * idle

    def block_flops_per_token(self) -> float:
        """Return the forward FLOP of all blocks' matrices for one token, attention scores not included.

        A token passes the encoder or the decoder, not both: half of an encoder-decoder's blocks.  Keys
        and values of cross-attention are made from the other half's tokens, of which there are as many.
        """
        attentions = self.n_layers + self.cross_layers
        weights = attentions * self.attention_weights + self.n_layers * self.mlp_weights(active=True)
        return 2.0 * weights * self._share

    def attention_flops_per_token(self, *, skip_masked: bool = False) -> float:
        """Return the forward FLOP of attention scores and of mixing the values, for one token.

        Every pair of a sequence counts, as in the literature (Narayanan et al. 2021; Chowdhery et al. 2022,
        appendix B); ``skip_masked`` leaves out those a causal mask hides, as fused kernels do.
        """
        pair = 4.0 * self.attention_width
        seen = (self.context + 1) / 2 if skip_masked else self.context
        if self.kind == "encoder":
            return pair * self.n_layers * self.context
        if self.kind == "decoder":
            return pair * self.n_layers * seen
        return pair * self.cross_layers * (2 * self.context + seen) * self._share

    def head_flops_per_token(self) -> float:
        """Return the forward FLOP of the output head for one token."""
        return 2.0 * self.vocab_size * self.d_model * self._share

    @property
    def _share(self) -> float:
        """Share of the model's blocks that one token passes (Brown et al. 2020, appendix D)."""
        return 0.5 if self.kind == "encoder-decoder" else 1.0

    def forward_flops_per_token(self, *, skip_masked: bool = False) -> float:
        """Return the FLOP of a forward pass over one token, at full context."""
        scores = self.attention_flops_per_token(skip_masked=skip_masked)
        return self.block_flops_per_token() + scores + self.head_flops_per_token()

    def training_flops_per_token(self, recompute: Recompute = "none", *, skip_masked: bool = False) -> float:
        """Return the FLOP of training on one token: forward, backward and what ``recompute`` does again.

        "none" is what utilisation of a model is counted in (MFU); "selective" computes the attention
        scores twice, "full" every block (Korthikanti et al. 2022, arXiv:2205.05198, section 5).
        """
        scores = self.attention_flops_per_token(skip_masked=skip_masked)
        again = {"none": 0.0, "selective": scores, "full": self.block_flops_per_token() + scores}
        return (1 + BACKWARD) * self.forward_flops_per_token(skip_masked=skip_masked) + again[recompute]


def flops_by_parameters(n_params: float, n_tokens: float, kind: Kind = "decoder") -> float:
    """Return 6 N D, the usual estimate of training FLOP; 3 N D for an encoder-decoder.

    ``n_params`` are those a token may pass (active ones, of a mixture of experts).  Of an encoder-decoder
    each token passes one half (Brown et al. 2020, arXiv:2005.14165, appendix D).
    """
    share = 0.5 if kind == "encoder-decoder" else 1.0
    return 2.0 * (1 + BACKWARD) * share * n_params * n_tokens
