import pytest

from armillary.core.errors import DataError
from armillary.core.hardware import accelerator
from armillary.scaling.systems.measured import read_steps

A100 = accelerator("A100")
MEGATRON = (
    "# GPUs,global batch,micro batch,hidden size,attention heads,# layers,sequence length,"
    "tensor parallelism,data parallelism,pipeline parallelism,iteration time (ms)\n"
)
OURS = "d_model,n_layers,n_heads,context,global_batch,micro_batch,seconds"


def table(tmp_path, text):
    path = tmp_path / "steps.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_megatron_s_columns_are_understood(tmp_path):
    [step] = read_steps(table(tmp_path, MEGATRON + "8,32,4,1024,16,24,1024,2,2,2,219.732754\n"), A100)
    layout, shape = step.layout, step.shape
    assert (layout.tensor, layout.data, layout.pipeline, layout.micro_batch, layout.global_batch) == (
        2,
        2,
        2,
        4,
        32,
    )
    assert (shape.d_model, shape.n_layers, shape.n_heads, shape.d_ff, shape.context) == (
        1024,
        24,
        16,
        4096,
        1024,
    )
    assert shape.vocab_size == 50257
    assert step.seconds == pytest.approx(0.219732754)
    assert step.cluster.n_devices == 8


def test_our_columns_are_understood_and_optional_ones_may_be_left_out(tmp_path):
    text = f"{OURS},recompute,vocab_size,d_ff\n512,8,8,256,16,4,0.05,full,1k,2048\n512,8,8,256,16,4,0.06,,,\n"
    first, second = read_steps(table(tmp_path, text), A100)
    assert (first.layout.recompute, first.shape.vocab_size) == ("full", 1000)
    assert (second.layout.recompute, second.shape.vocab_size, second.layout.n_devices) == ("none", 50257, 1)


def test_a_step_that_ran_must_have_fitted(tmp_path):
    text = f"{OURS},tensor\n6144,48,64,2048,8,2,1.0,8\n512,8,8,256,16,4,0.05,1\n"
    large, small = read_steps(table(tmp_path, text), A100)
    assert (large.layout.recompute, small.layout.recompute) == ("selective", "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("d_model,n_layers\n1,2\n", "no column is called 'global_batch'"),
        (OURS.replace("seconds", "time") + "\n1,2,1,1,1,1,1\n", "no column is called 'seconds'"),
        (f"{OURS}\n", "has a header and no row"),
        (f"{OURS}\n512,8,8,256,16,4,fast\n", "row 1: 'fast' is not a count"),
        (f"{OURS}\n512,8,8,256,16,4,0\n", "row 1: seconds = 0 is not above zero"),
        (f"{OURS}\n512,8.5,8,256,16,4,1\n", "row 1: n_layers = 8.5 is no whole number"),
        (f"{OURS}\n512,8,8,256,16,3,1\n", "row 1: a batch of 16 sequences does not split"),
        (f"{OURS},recompute\n512,8,8,256,16,4,1,ful\n", "did you mean 'full'"),
    ],
)
def test_tables_that_cannot_be_used_say_where(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_steps(table(tmp_path, text), A100)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        read_steps(tmp_path / "none.csv", A100)
