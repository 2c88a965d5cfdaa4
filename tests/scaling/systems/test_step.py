from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.errors import ConfigError
from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.efficiency import DEFAULT
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.step import step_time

A100 = Cluster.of("a100", 8)


def seconds(shape, layout, **options):
    return step_time(shape, layout, Cluster.of("a100", layout.n_devices), **options)


def test_one_device_communicates_nothing(gpt):
    step = seconds(gpt(2048, 16, 24), Layout(global_batch=4))
    assert (step.tensor, step.pipeline, step.bubble, step.data) == (0, 0, 0, 0)
    assert step.total == pytest.approx(sum(step.seconds().values()))


def test_a_large_matrix_runs_at_the_share_of_the_peak(gpt):
    shape = gpt(16384, 128, 2)
    step = seconds(shape, Layout(micro_batch=4, global_batch=4))
    ideal = 4 * shape.context * shape.training_flops_per_token() / 312e12
    assert ideal / step.matmul == pytest.approx(DEFAULT.matmul, rel=0.02)


def test_small_models_wait_for_the_host(gpt):
    tiny = seconds(gpt(256, 4, 8, context=128, vocab_size=256), Layout(global_batch=1))
    assert tiny.host > 0.5 * tiny.total
    large = seconds(gpt(8192, 64, 4), Layout(micro_batch=4, global_batch=4))
    assert large.host < 0.01 * large.total


def test_the_bubble_is_that_of_one_forward_one_backward(gpt):
    """(p - 1) / m of the work, over the chunks of a stage (arXiv:2104.04473, section 2.2)."""
    shape = gpt(4096, 32, 32, vocab_size=8)
    whole = Layout(pipeline=8, micro_batch=1, global_batch=32)
    step = seconds(shape, whole)
    assert step.bubble / (step.matmul + step.memory) == pytest.approx(7 / 32, rel=0.02)
    halved = seconds(shape, replace(whole, interleave=2))
    assert halved.bubble == pytest.approx(step.bubble / 2, rel=0.01)


def test_gradients_travel_a_ring(gpt):
    """2 (n - 1) / n of the gradients at the link's speed (Rajbhandari et al. 2020, section 7)."""
    shape = gpt(2048, 16, 24)
    layout = Layout(data=8, global_batch=8)
    expected = 2 * 7 / 8 * 2 * shape.n_params / (0.8 * 300e9) + 2 * 7 * DEFAULT.hop
    assert seconds(shape, layout).data == pytest.approx(expected)
    apart = replace(layout, data=16, global_batch=16)
    expected = 2 * 15 / 16 * 2 * shape.n_params / (0.8 * 25e9) + 2 * 15 * DEFAULT.hop
    assert seconds(shape, apart).data == pytest.approx(expected)


def test_overlapping_gradients_hide_behind_computing(gpt):
    layout = Layout(data=8, micro_batch=4, global_batch=32, overlap=True)
    assert seconds(gpt(2048, 16, 24), layout).data == 0
    across = Layout(data=64, global_batch=64)
    waiting = seconds(gpt(2048, 16, 24), across).data
    assert 0 < seconds(gpt(2048, 16, 24), replace(across, overlap=True)).data < waiting


def test_sharing_the_optimizer_shortens_its_step(gpt):
    layout = Layout(data=8, global_batch=8)
    shape = gpt(2048, 16, 24)
    assert seconds(shape, replace(layout, zero=1)).optimizer == pytest.approx(
        seconds(shape, layout).optimizer / 8
    )


def test_recomputing_all_costs_a_third_more_arithmetic(gpt):
    shape, layout = gpt(12288, 96, 8, vocab_size=8), Layout(tensor=8, micro_batch=4, global_batch=4)
    ratio = seconds(shape, replace(layout, recompute="full")).matmul / seconds(shape, layout).matmul
    assert ratio == pytest.approx(4 / 3, rel=0.01)
    selective = seconds(shape, replace(layout, recompute="selective")).total
    assert seconds(shape, layout).total < selective < seconds(shape, replace(layout, recompute="full")).total


def test_an_odd_vocabulary_keeps_the_head_off_the_matrix_units(gpt):
    layout = Layout(micro_batch=8, global_batch=8)
    odd, even = gpt(1024, 16, 2, vocab_size=50257), gpt(1024, 16, 2, vocab_size=50304)
    assert seconds(odd, layout).matmul > 1.5 * seconds(even, layout).matmul
    cut = replace(layout, tensor=2)  # which pads it
    assert seconds(odd, cut).matmul == pytest.approx(seconds(even, cut).matmul, rel=0.01)


def test_fused_attention_saves_traffic_and_masked_pairs(gpt):
    shape, layout = gpt(2048, 16, 24, context=8192), Layout(global_batch=1)
    fused, plain = seconds(shape, replace(layout, fused_attention=True)), seconds(shape, layout)
    assert fused.memory < 0.3 * plain.memory
    assert fused.matmul < plain.matmul


def test_an_encoder_decoder_trains_on_both_its_texts(gpt):
    """Half of the blocks see each text, so a sequence costs what it costs a decoder, and cross-attention."""
    shape = replace(gpt(8192, 64, 4, vocab_size=8), kind="encoder-decoder")
    layout = Layout(micro_batch=4, global_batch=4)
    ideal = 4 * shape.sequence_tokens * shape.training_flops_per_token() / 312e12
    assert ideal / seconds(shape, layout).matmul == pytest.approx(DEFAULT.matmul, rel=0.03)
    both, one = seconds(shape, layout).matmul, seconds(replace(shape, kind="decoder"), layout).matmul
    assert both / one == pytest.approx((2 * 12 + 4) / 24, rel=0.1)


def test_an_unknown_network_is_asked_for(gpt):
    ascend = Cluster.of("ascend 910c", 8)
    with pytest.raises(ConfigError, match="link bandwidth of Huawei Ascend 910C is not known"):
        step_time(gpt(2048, 16, 24), Layout(tensor=8, global_batch=1), ascend)


@settings(max_examples=25, deadline=None)
@given(
    tensor=st.sampled_from([1, 2, 4, 8]),
    pipeline=st.sampled_from([1, 2, 4]),
    micro_batch=st.sampled_from([1, 2, 4]),
    n_micro=st.integers(4, 16),
)
def test_more_micro_batches_take_longer_and_waste_less(tensor, pipeline, micro_batch, n_micro):
    shape = TransformerShape(n_layers=8, d_model=1024, n_heads=16, d_ff=4096, vocab_size=50304, context=512)
    one = Layout(
        tensor=tensor, pipeline=pipeline, micro_batch=micro_batch, global_batch=micro_batch * n_micro
    )
    two = replace(one, global_batch=2 * one.global_batch)
    first, second = seconds(shape, one).total, seconds(shape, two).total
    assert first < second <= 2 * first * (1 + 1e-9)


TABLE_5 = [  # Korthikanti et al. 2022: d_model, heads, layers, stages, chunks, micro-batch, batch, seconds
    (6144, 64, 48, 1, 1, 4, 4, 1.42, 1.10),
    (12288, 96, 96, 8, 3, 1, 64, 18.13, 13.75),
    (20480, 128, 105, 35, 3, 1, 280, 49.05, 37.83),
    (25600, 160, 128, 64, 1, 1, 512, 94.42, 71.49),
]


def test_megatron_s_iterations_are_met_without_having_been_fitted(gpt):
    errors = []
    for width, heads, depth, stages, chunks, micro, batch, full, selective in TABLE_5:
        for recompute, measured in (("full", full), ("selective", selective)):
            layout = Layout(
                tensor=8,
                pipeline=stages,
                interleave=chunks,
                micro_batch=micro,
                global_batch=batch,
                recompute=recompute,
                sequence_parallel=recompute == "selective",
            )
            errors.append(seconds(gpt(width, heads, depth), layout).total / measured - 1)
    assert np.abs(errors).max() < 0.16
    assert np.abs(errors).mean() < 0.08


TABLE_2 = [  # Narayanan et al. 2021, ZeRO 3: d_model, heads, layers, devices, micro-batch, batch, TFLOP/s
    (12288, 96, 96, 384, 4, 1536, 144),
    (12288, 96, 96, 1536, 1, 1536, 44),
    (20480, 128, 105, 640, 4, 2560, 138),
    (20480, 128, 105, 2240, 1, 2240, 48),
]


@pytest.mark.parametrize(("width", "heads", "depth", "devices", "micro", "batch", "tflops"), TABLE_2)
def test_zero_3_over_many_nodes_is_as_slow_as_measured(
    gpt, width, heads, depth, devices, micro, batch, tflops
):
    shape = gpt(width, heads, depth)
    layout = Layout(
        data=devices, micro_batch=micro, global_batch=batch, recompute="full", zero=3, overlap=True
    )
    flops = batch * shape.context * shape.training_flops_per_token("full")
    measured = flops / (devices * tflops * 1e12)
    assert seconds(shape, layout).total == pytest.approx(measured, rel=0.12)


SINGLE_NODE = [  # vTrain (arXiv:2312.12391): d_model, layers, tensor, data, pipeline, micro-batch, batch, ms
    (1024, 24, 1, 1, 2, 8, 16, 372.2),
    (1024, 24, 1, 8, 1, 1, 128, 1274.0),
    (2048, 24, 1, 2, 1, 8, 32, 962.7),
    (2048, 24, 2, 1, 4, 4, 16, 306.2),
    (2048, 24, 4, 1, 2, 8, 16, 298.7),
    (2048, 24, 8, 1, 1, 8, 16, 325.5),
]


@pytest.mark.parametrize(
    ("width", "depth", "tensor", "data", "pipeline", "micro", "batch", "ms"), SINGLE_NODE
)
def test_small_models_on_one_node_take_the_time_measured(
    gpt, width, depth, tensor, data, pipeline, micro, batch, ms
):
    shape = gpt(width, 16, depth, context=1024, vocab_size=50257)
    layout = Layout(tensor=tensor, data=data, pipeline=pipeline, micro_batch=micro, global_batch=batch)
    assert seconds(shape, layout).total == pytest.approx(ms / 1e3, rel=0.12)
