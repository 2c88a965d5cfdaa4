from dataclasses import replace

import pytest

from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import (
    activation_bytes,
    bytes_per_layer,
    memory_per_device,
    params_per_device,
    state_bytes,
)

ONE = Layout(micro_batch=4, global_batch=4)
EIGHT = replace(ONE, tensor=8)


def test_training_state_is_sixteen_bytes_a_parameter(gpt):
    shape = gpt(1024, 16, 24)
    memory = memory_per_device(shape, ONE, 80e9)
    assert memory.state == pytest.approx(16 * shape.n_params)
    assert sum(state_bytes("fp32")) == sum(state_bytes("bf16")) == sum(state_bytes("fp8")) == 16


@pytest.mark.parametrize(
    ("zero", "bytes_per_param"), [(0, 16), (1, 4 + 12 / 64), (2, 2 + 14 / 64), (3, 16 / 64)]
)
def test_zero_shards_what_its_paper_says(gpt, zero, bytes_per_param):
    """Figure 1 of arXiv:1910.02054: 7.5B parameters on 64 devices: 120, 31.4, 16.6, 1.9 GB."""
    shape = gpt(4096, 32, 36)
    layout = Layout(data=64, global_batch=64, zero=zero)
    state = memory_per_device(shape, layout, 80e9).state
    gathered = 4 * shape.n_params_non_embedding / shape.n_layers if zero == 3 else 0
    assert state - gathered == pytest.approx(bytes_per_param * shape.n_params)


def test_activations_of_a_block_are_those_of_korthikanti(gpt):
    """Table 2 of arXiv:2205.05198, in units of s b h bytes."""
    shape = gpt(6144, 64, 48)
    unit = shape.context * 4 * shape.d_model
    scores = 5 * shape.n_heads * shape.context / shape.d_model
    assert bytes_per_layer(shape, ONE) / unit == pytest.approx(34 + scores)
    assert bytes_per_layer(shape, EIGHT) / unit == pytest.approx(10 + 24 / 8 + scores / 8)
    sequence = replace(EIGHT, sequence_parallel=True)
    assert bytes_per_layer(shape, sequence) / unit == pytest.approx(34 / 8 + scores / 8)
    selective = replace(sequence, recompute="selective")
    assert bytes_per_layer(shape, selective) / unit == pytest.approx(34 / 8)
    assert bytes_per_layer(shape, replace(EIGHT, recompute="full")) / unit == pytest.approx(2)


@pytest.mark.parametrize(
    ("sizes", "selective", "full"),
    [  # percent of what tensor parallelism alone needs, figure 7 of arXiv:2205.05198
        ((6144, 64, 48), 16.18, 7.64),
        ((12288, 96, 96), 18.49, 8.71),
        ((20480, 128, 105), 20.27, 9.42),
        ((25600, 160, 128), 20.27, 9.42),
    ],
)
def test_recomputation_saves_what_was_published(gpt, sizes, selective, full):
    shape = gpt(*sizes)
    whole = bytes_per_layer(shape, EIGHT)
    kept = bytes_per_layer(shape, replace(EIGHT, recompute="selective", sequence_parallel=True))
    assert 100 * kept / whole == pytest.approx(selective, abs=0.3)
    assert 100 * bytes_per_layer(shape, replace(EIGHT, recompute="full")) / whole == pytest.approx(
        full, abs=0.3
    )


def test_the_first_stage_holds_a_whole_model_of_activations(gpt):
    """Section 4.2.3 of arXiv:2205.05198: p stages of L / p blocks, p micro-batches in flight."""
    shape = gpt(2048, 16, 24)
    staged = Layout(pipeline=4, micro_batch=1, global_batch=64)
    assert activation_bytes(shape, staged) == pytest.approx(24 * bytes_per_layer(shape, staged))
    chunks = replace(staged, interleave=2)
    more = activation_bytes(shape, chunks) / activation_bytes(shape, staged)
    assert more == pytest.approx(1 + 3 / (4 * 2))
    few = replace(staged, global_batch=2)
    assert activation_bytes(shape, few) == pytest.approx(activation_bytes(shape, staged) / 2)


def test_parameters_are_shared_by_stages_and_tensor_parallel_devices(gpt):
    shape = replace(gpt(2048, 16, 24), tied=False)
    layout = Layout(tensor=4, pipeline=8, global_batch=8)
    tables = 51200 * 2048
    assert params_per_device(shape, layout) == pytest.approx(
        (shape.n_params_non_embedding / 8 + tables) / 4, rel=1e-4
    )


def test_gated_and_grouped_blocks_save_what_they_compute(gpt):
    plain = gpt(2048, 16, 24)
    tokens = 4 * plain.context
    grouped = replace(plain, n_kv_heads=4)
    assert bytes_per_layer(plain, ONE) - bytes_per_layer(grouped, ONE) == tokens * 2 * 2 * (2048 - 512)
    gated = replace(plain, gated=True)
    assert bytes_per_layer(gated, ONE) - bytes_per_layer(plain, ONE) == tokens * 2 * 2 * plain.d_ff


def test_fused_attention_keeps_no_scores(gpt):
    shape = gpt(2048, 16, 24)
    fused, selective = replace(ONE, fused_attention=True), replace(ONE, recompute="selective")
    assert bytes_per_layer(shape, fused) == bytes_per_layer(shape, selective) < bytes_per_layer(shape, ONE)


def test_a_model_fits_or_does_not(gpt):
    shape = gpt(4096, 32, 32)
    assert not memory_per_device(shape, Layout(global_batch=1), 80e9).fits
    assert memory_per_device(shape, Layout(tensor=8, global_batch=1), 80e9).fits
