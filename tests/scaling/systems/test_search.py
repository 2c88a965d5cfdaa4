import pytest

from armillary.core.errors import RequestError
from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.memory import memory_per_device
from armillary.scaling.systems.search import choose_layout, usual_batch
from armillary.scaling.systems.step import step_time


def test_a_small_model_is_copied_and_a_large_one_is_cut(gpt):
    small = choose_layout(gpt(1024, 16, 24), Cluster.of("a100", 8)).layout
    assert (small.tensor, small.pipeline, small.data) == (1, 1, 8)
    large = choose_layout(gpt(12288, 96, 96), Cluster.of("a100", 1024)).layout
    assert large.tensor * large.pipeline >= 8
    assert large.n_devices == 1024


def test_the_choice_fits_and_no_layout_tried_by_hand_is_faster(gpt):
    shape, cluster = gpt(6144, 48, 40), Cluster.of("a100", 64)
    choice = choose_layout(shape, cluster, global_batch=256)
    assert choice.memory.fits
    for tensor, pipeline in ((8, 1), (8, 2), (4, 4), (2, 8), (8, 8)):
        layout = Layout(
            tensor=tensor,
            pipeline=pipeline,
            data=64 // tensor // pipeline,
            micro_batch=1,
            global_batch=256,
            sequence_parallel=True,
            fused_attention=True,
            overlap=True,
            zero=1,
        )
        if memory_per_device(shape, layout, 80e9).fits:
            assert choice.step.total <= step_time(shape, layout, cluster).total


def test_the_batch_asked_for_is_kept_and_a_usual_one_is_rounded(gpt):
    shape = gpt(2048, 16, 24)
    assert choose_layout(shape, Cluster.of("a100", 8), global_batch=48).layout.global_batch == 48
    chosen = choose_layout(shape, Cluster.of("a100", 24)).layout
    assert chosen.global_batch % chosen.data == 0
    assert 1 / 1.5 <= chosen.global_batch / usual_batch(shape, 24) <= 1.5


def test_usual_batches_grow_as_gpt3_s():
    """Brown et al. 2020, table 2.1: 0.5M tokens up to 760M parameters, 3.2M at 175B."""
    small, large = TransformerShape.at_size(125e6), TransformerShape.at_size(175e9)
    assert usual_batch(small, 1) * 2048 == pytest.approx(0.5e6)
    assert usual_batch(large, 1) * 2048 == pytest.approx(3.2e6, rel=0.1)
    assert usual_batch(small, 1024) == 1024  # a sequence for each device


def test_what_cannot_be_done_says_what_is_short(gpt):
    with pytest.raises(RequestError, match=r"does not fit 8 x NVIDIA A100 .* take more devices"):
        choose_layout(gpt(12288, 96, 96), Cluster.of("a100", 8))
    with pytest.raises(RequestError, match="no layout splits a batch of 7 sequences over 1024 x"):
        choose_layout(gpt(1024, 16, 24), Cluster.of("a100", 1024), global_batch=7)
