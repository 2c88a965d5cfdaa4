"""Figures that papers report of training, each with its source: what the step-time model is checked against.

All ran on A100 80GB with a vocabulary of 51,200, sequences of 2,048 tokens and MLPs of 4 d_model.
"""

from __future__ import annotations

from dataclasses import dataclass

from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.layout import Layout

# Brown et al. 2020 (arXiv:2005.14165), appendix D: millions of parameters, billions of tokens, total FLOP.
APPENDIX_D = {
    "GPT-3 Small": (125, 300, 2.25e20),
    "GPT-3 Medium": (356, 300, 6.41e20),
    "GPT-3 Large": (760, 300, 1.37e21),
    "GPT-3 XL": (1320, 300, 2.38e21),
    "GPT-3 2.7B": (2650, 300, 4.77e21),
    "GPT-3 6.7B": (6660, 300, 1.20e22),
    "GPT-3 13B": (12850, 300, 2.31e22),
    "GPT-3 175B": (174600, 300, 3.14e23),
    "T5-Small": (60, 1000, 1.80e20),
    "T5-Base": (220, 1000, 6.60e20),
    "T5-Large": (770, 1000, 2.31e21),
    "T5-3B": (3000, 1000, 9.00e21),
    "T5-11B": (11000, 1000, 3.30e22),
    "BERT-Base": (109, 250, 1.64e20),
    "BERT-Large": (355, 250, 5.33e20),
    "RoBERTa-Base": (125, 2000, 1.50e21),
    "RoBERTa-Large": (355, 2000, 4.26e21),
}
# Narayanan et al. 2021 (arXiv:2104.04473), section 5.1: parameters, tokens, devices, FLOP/s each, days.
DAYS = {"175B": (175e9, 300e9, 1024, 140e12, 34), "1T": (1008e9, 450e9, 3072, 163e12, 84)}


@dataclass(frozen=True)
class Iteration:
    """One configuration and the seconds of its step."""

    name: str
    shape: TransformerShape
    layout: Layout
    cluster: Cluster
    seconds: float


def shape(d_model: int, n_heads: int, n_layers: int) -> TransformerShape:
    """Return a GPT of these papers."""
    return TransformerShape(
        n_layers=n_layers,
        d_model=d_model,
        n_heads=n_heads,
        d_ff=4 * d_model,
        vocab_size=51200,
        context=2048,
    )


# Korthikanti et al. 2022 (arXiv:2205.05198), tables 3 and 5: d_model, heads, layers, stages, chunks of a
# stage, micro-batch, batch; seconds with full recomputation, and with selective and sequence parallelism.
TABLE_5 = {
    "22B": (6144, 64, 48, 1, 1, 4, 4, 1.42, 1.10),
    "175B": (12288, 96, 96, 8, 3, 1, 64, 18.13, 13.75),
    "530B": (20480, 128, 105, 35, 3, 1, 280, 49.05, 37.83),
    "1T": (25600, 160, 128, 64, 1, 1, 512, 94.42, 71.49),
}
# Narayanan et al. 2021, table 1: d_model, heads, layers, tensor, stages, devices, batch, TFLOP/s of each
# device.  Micro-batch and chunks are not told.
TABLE_1 = {
    "1.7B": (2304, 24, 24, 1, 1, 32, 512, 137),
    "3.6B": (3072, 32, 30, 2, 1, 64, 512, 138),
    "7.5B": (4096, 32, 36, 4, 1, 128, 512, 142),
    "18.4B": (6144, 48, 40, 8, 1, 256, 1024, 135),
    "39.1B": (8192, 64, 48, 8, 2, 512, 1536, 138),
    "76.1B": (10240, 80, 60, 8, 4, 1024, 1792, 140),
    "145.6B": (12288, 96, 80, 8, 8, 1536, 2304, 148),
    "310.1B": (16384, 128, 96, 8, 16, 1920, 2160, 155),
    "529.6B": (20480, 128, 105, 8, 35, 2520, 2520, 163),
    "1008B": (25600, 160, 128, 8, 64, 3072, 3072, 163),
}
# The same, table 2, ZeRO 3: d_model, heads, layers, devices, micro-batch, batch, TFLOP/s of each device.
TABLE_2 = {
    "174.6B on 384": (12288, 96, 96, 384, 4, 1536, 144),
    "174.6B on 768": (12288, 96, 96, 768, 2, 1536, 88),
    "174.6B on 1536": (12288, 96, 96, 1536, 1, 1536, 44),
    "529.6B on 640": (20480, 128, 105, 640, 4, 2560, 138),
    "529.6B on 1120": (20480, 128, 105, 1120, 2, 2240, 98),
    "529.6B on 2240": (20480, 128, 105, 2240, 1, 2240, 48),
}


def megatron_iterations() -> list[Iteration]:
    """Return the eight iteration times of Korthikanti et al. 2022, table 5."""
    found = []
    for name, (width, heads, depth, stages, chunks, micro, batch, full, selective) in TABLE_5.items():
        for recompute, seconds in (("full", full), ("selective", selective)):
            layout = Layout(
                tensor=8,
                pipeline=stages,
                interleave=chunks,
                micro_batch=micro,
                global_batch=batch,
                recompute="full" if recompute == "full" else "selective",
                sequence_parallel=recompute == "selective",
            )
            cluster = Cluster.of("A100", layout.n_devices)
            label = f"{name}, {recompute} recomputation"
            found.append(Iteration(label, shape(width, heads, depth), layout, cluster, seconds))
    return found


def narayanan_iterations() -> dict[str, list[Iteration]]:
    """Return Narayanan et al. 2021, table 1: for each model all micro-batches and chunks it may have had."""
    found: dict[str, list[Iteration]] = {}
    for name, (width, heads, depth, tensor, stages, devices, batch, tflops) in TABLE_1.items():
        gpt, data = shape(width, heads, depth), devices // tensor // stages
        found[name] = [
            _by_rate(
                name,
                gpt,
                Layout(
                    tensor=tensor,
                    pipeline=stages,
                    data=data,
                    micro_batch=micro,
                    global_batch=batch,
                    recompute="full",
                    interleave=chunks,
                ),
                tflops,
            )
            for micro in (1, 2, 4, 8)
            if batch % (data * micro) == 0
            for chunks in ((1, 2, 3) if stages > 1 else (1,))
            if depth % (stages * chunks) == 0
            if chunks == 1 or batch // (data * micro) % stages == 0
        ]
    return found


def zero_iterations() -> list[Iteration]:
    """Return Narayanan et al. 2021, table 2: ZeRO 3 without model parallelism."""
    return [
        _by_rate(
            name,
            shape(width, heads, depth),
            Layout(
                data=devices, micro_batch=micro, global_batch=batch, recompute="full", zero=3, overlap=True
            ),
            tflops,
        )
        for name, (width, heads, depth, devices, micro, batch, tflops) in TABLE_2.items()
    ]


def _by_rate(name: str, gpt: TransformerShape, layout: Layout, tflops: float) -> Iteration:
    """Return the seconds that a rate stands for: its FLOP include the recomputation (equation 3).

    The head is not recomputed; their equation, and ours, count it three times.
    """
    flops = layout.global_batch * gpt.context * gpt.training_flops_per_token("full")
    seconds = flops / (layout.n_devices * tflops * 1e12)
    return Iteration(name, gpt, layout, Cluster.of("A100", layout.n_devices), seconds)
