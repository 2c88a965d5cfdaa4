"""Training a decoder of about 10 million parameters: Armillary's loop, transformers' Trainer, a bare loop.

Equal work: the same number of layers, widths, heads, vocabulary, context and batch, AdamW, clipping at
norm 1, float32, all cores.  The peers get what makes them fastest here: scaled dot-product attention and
the fused optimizer.  The bare loop is torch.nn's TransformerEncoder with a causal mask, as the tutorials
have it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from armillary.data.sources import SOURCES
from armillary.data.tokenizers import BPEConfig
from armillary.models.transformer import TransformerConfig
from armillary.tasks.text_generation import TextGeneration
from armillary.training.config import RunConfig
from benchmarks.ours import ours
from benchmarks.race import Contender, Result, race, timed

VOCABULARY, WIDTH, LAYERS, HEADS, HIDDEN = 4096, 320, 8, 5, 864
CONTEXT, BATCH = 256, 8
STEPS, ROUNDS = 6, 5


def tokens(n: int) -> Tensor:
    """Return ``n`` random token ids: speed does not depend on what they are."""
    return torch.from_numpy(np.random.default_rng(0).integers(0, VOCABULARY, n))


def bare_loop() -> Contender:
    """torch.nn layers in a plain loop."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(
        WIDTH,
        HEADS,
        dim_feedforward=HIDDEN * 3 // 2,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )  # two matrices of 1.5 times the width weigh what SwiGLU's three do
    body = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
    embed, place = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
    parameters = [*body.parameters(), *embed.parameters(), *place.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, fused=True)
    mask = nn.Transformer.generate_square_subsequent_mask(CONTEXT)
    positions = torch.arange(CONTEXT)
    data = tokens(BATCH * CONTEXT + 1)
    inputs, targets = data[:-1].view(BATCH, CONTEXT), data[1:].view(BATCH, CONTEXT)

    def steps(n: int) -> None:
        for _ in range(n):
            hidden = body(embed(inputs) + place(positions), mask=mask, is_causal=True)
            logits = hidden @ embed.weight.T
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()

    return Contender("bare loop of torch.nn layers", timed(steps))


def trainer() -> Contender:
    """transformers' Trainer with a Llama of the same shape."""
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback, TrainingArguments

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        attn_implementation="sdpa",
        use_cache=False,
    )
    model = LlamaForCausalLM(config)
    rows = tokens(64 * CONTEXT).view(64, CONTEXT)
    data = [{"input_ids": row, "labels": row} for row in rows]

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Notes when the first and the last step ended."""

        ends: list[float]

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.ends.append(time.perf_counter())

    clock = Clock()

    def lap(n: int) -> float:
        clock.ends = []
        with tempfile.TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                output_dir=folder,
                max_steps=n + 1,
                per_device_train_batch_size=BATCH,
                optim="adamw_torch_fused",
                max_grad_norm=1.0,
                use_cpu=True,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                dataloader_num_workers=0,
            )
            Trainer(model=model, args=arguments, train_dataset=data, callbacks=[clock]).train()
        return clock.ends[-1] - clock.ends[0]

    return Contender("transformers' Trainer, Llama", lap)


def config() -> RunConfig:
    """Return our run: the same decoder on the standard library's text."""
    task = TextGeneration(
        source=SOURCES["stdlib"](),
        tokenizer=BPEConfig(vocab_size=VOCABULARY),
        context=CONTEXT,
        evaluation_tokens=CONTEXT,
    )
    model = TransformerConfig(d_model=WIDTH, n_layers=LAYERS, n_heads=HEADS, d_ff=HIDDEN)
    return RunConfig(
        task=task, model=model, batch_size=BATCH, precision="32-true", evaluations=0, checkpoints=0
    )


def main(_: Sequence[str] = ()) -> Result:
    """Race the three loops."""
    title = f"Training a decoder of {config().fitted().model.n_params / 1e6:.1f}M parameters"
    contenders = [ours(config()), trainer(), bare_loop()]
    return race(title, "tokens", contenders, units_per_step=BATCH * CONTEXT, steps=STEPS, rounds=ROUNDS)
