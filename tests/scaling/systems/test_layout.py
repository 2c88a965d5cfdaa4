import pytest

from armillary.core.errors import ConfigError
from armillary.scaling.systems.layout import Layout


def test_devices_and_micro_batches_follow():
    layout = Layout(tensor=8, pipeline=16, data=12, micro_batch=2, global_batch=1536)
    assert (layout.n_devices, layout.micro_batches) == (1536, 64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": 3}, "a batch of 64 sequences does not split into 3 copies x micro-batches of 1"),
        ({"tensor": 5}, "16 heads and d_ff 8192 do not split over 5 devices"),
        ({"pipeline": 5}, "24 layers do not split into 5 stages x 1 chunks"),
        ({"pipeline": 8, "interleave": 2}, "24 layers do not split into 8 stages x 2 chunks"),
        ({"pipeline": 6, "interleave": 2}, "64 micro-batches are no multiple of 6 stages"),
        ({"zero": 4}, "ZeRO has stages 0 to 3, not 4"),
    ],
)
def test_layouts_that_do_not_divide_are_refused(gpt, change, message):
    layout = Layout(**({"global_batch": 64} | change))
    with pytest.raises(ConfigError, match=message):
        layout.check(gpt(2048, 16, 24))


def test_a_layout_is_told_in_words():
    layout = Layout(tensor=2, data=4, global_batch=8, recompute="full", zero=1, sequence_parallel=True)
    assert str(layout) == (
        "tensor 2 x pipeline 1 x data 4, micro-batches of 1 in a batch of 8, full recomputation, "
        "sequence parallel, ZeRO 1"
    )
