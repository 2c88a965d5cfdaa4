"""Training an encoder-decoder of about 10 million parameters on real sentences: Armillary, three others.

Equal work: the Transformer of Vaswani et al. (2017), the same layers, widths, heads and vocabulary, 64
pairs a step, dropout, AdamW, label smoothing of 0.1, clipping at norm 1, float32, all cores.  What counts
is target tokens a second, padding not among them.  The peers get what makes them fastest here: scaled
dot-product attention without dropout of its weights, the fused optimizer, one fused loss, and batches of
similar length; the bare loop of torch.nn.Transformer also runs as tutorials have it, on random batches.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from armillary.export.huggingface import as_huggingface
from armillary.models.layers.positions import sinusoidal
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.training.config import OptimConfig, RunConfig
from benchmarks.ours import ours
from benchmarks.pairs import (
    BATCH,
    HEADS,
    HIDDEN,
    IGNORED,
    LAYERS,
    LONGEST,
    PAD,
    SIGNATURE,
    VOCABULARY,
    WIDTH,
    Ids,
    bucketed_batches,
    encoded_pairs,
    model_config,
    n_tokens,
    padded,
    random_batches,
    task,
)
from benchmarks.race import Contender, Result, race

STEPS, ROUNDS = 20, 5
SMOOTHING = 0.1

Pair = tuple[Ids, Ids]
Batches = Callable[[Sequence[Pair], int], Iterator[list[Pair]]]


class TorchTransformer(nn.Module):
    """torch.nn.Transformer between a tied table of vectors and sinusoidal positions."""

    places: Tensor

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCABULARY + 1, WIDTH, padding_idx=PAD)
        nn.init.normal_(self.table.weight, std=WIDTH**-0.5)
        self.register_buffer("places", sinusoidal(torch.arange(LONGEST)[:, None], WIDTH))
        self.body = nn.Transformer(WIDTH, HEADS, LAYERS, LAYERS, HIDDEN, dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, nn.MultiheadAttention):
                module.dropout = 0.0  # which lets it use the fused kernel

    def forward(self, inputs: Tensor, before: Tensor) -> Tensor:
        causal = nn.Transformer.generate_square_subsequent_mask(before.shape[1])
        vectors = self.body(
            self._vectors(inputs),
            self._vectors(before),
            tgt_mask=causal,
            tgt_is_causal=True,
            src_key_padding_mask=inputs == PAD,
            memory_key_padding_mask=inputs == PAD,
        )
        scores: Tensor = vectors @ self.table.weight.T
        return scores

    def _vectors(self, tokens: Tensor) -> Tensor:
        vectors: Tensor = self.dropout(self.table(tokens) * math.sqrt(WIDTH) + self.places[: tokens.shape[1]])
        return vectors


def arrays(batch: Sequence[Pair]) -> tuple[Tensor, Tensor, Tensor]:
    """Return a batch as peers take it: sources, what stands before each target token, and these."""
    inputs = padded([source for source, _ in batch], PAD)
    labels = padded([target for _, target in batch], IGNORED)
    before = F.pad(labels[:, :-1], (1, 0), value=PAD)
    return inputs, before.masked_fill(before == IGNORED, PAD), labels


def smoothed_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the mean loss of all tokens that are no padding."""
    return F.cross_entropy(scores.flatten(0, 1), labels.flatten(), label_smoothing=SMOOTHING)


def bare_loop(name: str, batches: Batches, pairs: Sequence[Pair], dropout: float, mean: float) -> Contender:
    """torch.nn.Transformer in a plain loop."""
    torch.manual_seed(0)
    model = TorchTransformer(dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, fused=True)
    endless = batches(pairs, 0)

    def lap(n: int) -> float:
        counted, start = 0, time.perf_counter()
        for batch in itertools.islice(endless, n):
            inputs, before, labels = arrays(batch)
            smoothed_loss(model(inputs, before), labels).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            counted += n_tokens(batch)
        return (time.perf_counter() - start) * n * mean / counted

    return Contender(f"bare loop of torch.nn.Transformer, {name}", lap)


def trainer(pairs: Sequence[Pair], dropout: float, mean: float) -> Contender:
    """transformers' Trainer with a MarianMTModel, batches grouped by length."""
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerCallback

    model = marian(dropout)
    data = [{"input_ids": source, "labels": target} for source, target in pairs]
    counts: list[int] = []
    ends: list[float] = []

    def collate(rows: Sequence[dict[str, Ids]]) -> dict[str, Tensor]:
        inputs, before, labels = arrays([(row["input_ids"], row["labels"]) for row in rows])
        counts.append(int((labels != IGNORED).sum()))
        mask = (inputs != PAD).long()
        return {"input_ids": inputs, "attention_mask": mask, "decoder_input_ids": before, "labels": labels}

    class Clock(TrainerCallback):
        """Notes when each step ended."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

    def lap(n: int) -> float:
        counts.clear()
        ends.clear()
        with tempfile.TemporaryDirectory() as folder:
            arguments = Seq2SeqTrainingArguments(
                output_dir=folder,
                max_steps=n + 1,
                per_device_train_batch_size=BATCH,
                train_sampling_strategy="group_by_length",
                optim="adamw_torch_fused",
                max_grad_norm=1.0,
                seed=n,
                use_cpu=True,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
            )
            Seq2SeqTrainer(
                model=model,
                args=arguments,
                train_dataset=data,
                data_collator=collate,
                callbacks=[Clock()],
                compute_loss_func=lambda outputs, labels, **_: smoothed_loss(outputs["logits"], labels),
            ).train()
        return (ends[n] - ends[0]) * n * mean / sum(counts[1 : n + 1])

    return Contender("transformers' Trainer, MarianMTModel", lap)


def marian(dropout: float) -> Any:
    """Return transformers' MarianMTModel of this shape, untrained, with a row for padding."""
    from transformers import MarianConfig, MarianMTModel

    model = model_config(dropout).fit_to(SIGNATURE).build()
    shape, _ = as_huggingface(cast("EncoderDecoder", model), SIGNATURE)
    rows = {"vocab_size": VOCABULARY + 1, "decoder_vocab_size": VOCABULARY + 1, "pad_token_id": PAD}
    torch.manual_seed(0)
    library = MarianMTModel(MarianConfig(**shape | rows))
    library.set_attn_implementation("sdpa")
    return library


def keras(pairs: Sequence[Pair], dropout: float, mean: float) -> Contender:
    """The same model of Keras 3's layers, trained by ``fit`` on bucketed batches."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k

    k.utils.set_random_seed(0)
    model = keras_model(dropout)
    optimizer = k.optimizers.AdamW(5e-4, global_clipnorm=1.0)
    model.compile(optimizer, loss=lambda labels, scores: smoothed_loss(scores, labels.long()))
    endless = bucketed_batches(pairs, 0)

    def lap(n: int) -> float:
        batches = list(itertools.islice(endless, n))
        fed = (((inputs, before), labels) for inputs, before, labels in map(arrays, batches))
        start = time.perf_counter()
        model.fit(fed, steps_per_epoch=n, epochs=1, verbose=0)
        return (time.perf_counter() - start) * n * mean / sum(map(n_tokens, batches))

    return Contender("Keras 3, PyTorch backend", lap)


def keras_model(dropout: float) -> Any:
    """Return the Transformer of the paper in Keras 3's layers."""
    import keras as k

    layers, ops, head = k.layers, k.ops, WIDTH // HEADS
    table = layers.ReversibleEmbedding(VOCABULARY + 1, WIDTH)
    places = sinusoidal(torch.arange(LONGEST)[:, None], WIDTH)
    entered = layers.Lambda(lambda vectors: vectors * math.sqrt(WIDTH) + places[: vectors.shape[1]])

    def added(x: Any, y: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, layers.Dropout(dropout)(y)]))

    def feed_forward(x: Any) -> Any:
        hidden = layers.Dropout(dropout)(layers.Dense(HIDDEN, activation="relu")(x))
        return added(x, layers.Dense(WIDTH)(hidden))

    inputs, before = k.Input((None,), dtype="int64"), k.Input((None,), dtype="int64")
    real = layers.Lambda(lambda tokens: ops.not_equal(tokens, PAD)[:, None, :])(inputs)
    x, y = (layers.Dropout(dropout)(entered(table(tokens))) for tokens in (inputs, before))
    for _ in range(LAYERS):
        x = feed_forward(added(x, layers.MultiHeadAttention(HEADS, head)(x, x, attention_mask=real)))
    for _ in range(LAYERS):
        y = added(y, layers.MultiHeadAttention(HEADS, head)(y, y, use_causal_mask=True))
        y = feed_forward(added(y, layers.MultiHeadAttention(HEADS, head)(y, x, attention_mask=real)))
    return k.Model([inputs, before], table(y, reverse=True))


def config(source: str, dropout: float) -> RunConfig:
    """Return our run."""
    return RunConfig(
        task=task(source),
        model=model_config(dropout),
        optim=OptimConfig(algorithm="adamw"),
        batch_size=BATCH,
        precision="32-true",
        evaluations=0,
        checkpoints=0,
    )


def main(options: Sequence[str] = ()) -> Result:
    """Race the loops."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks translation")
    parser.add_argument("--source", default="debian-descriptions", help="pairs of texts to learn from")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of a lap")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(options)
    pairs = encoded_pairs(asked.source)
    lengths = np.array([[len(source), len(target)] for source, target in pairs])
    mean = BATCH * float(lengths[:, 1].mean())
    of_peers = pairs, asked.dropout, mean
    contenders = [
        ours(config(asked.source, asked.dropout), tokens_per_step=mean),
        trainer(*of_peers),
        keras(*of_peers),
        bare_loop("random batches", random_batches, *of_peers),
        bare_loop("bucketed batches", bucketed_batches, *of_peers),
    ]
    n_params = config(asked.source, asked.dropout).fitted().model.n_params
    title = (
        f"Training an encoder-decoder of {n_params / 1e6:.1f}M parameters on {asked.source}: "
        f"sources of {lengths[:, 0].mean():.0f} tokens, 95% up to {np.quantile(lengths[:, 0], 0.95):.0f}"
    )
    return race(
        title, "target tokens", contenders, units_per_step=round(mean), steps=asked.steps, rounds=asked.rounds
    )
