import time

import pytest
import torch

from armillary.compression import Reference, quantize
from armillary.compression.cost import latency_ratio, memory_of
from armillary.inference import open_model
from armillary.models.quantization import Quantization


@pytest.fixture(scope="module")
def made(digits, tmp_path_factory):
    return quantize(digits, Quantization(bits="2"), tmp_path_factory.mktemp("made") / "two")


def test_a_cost_is_that_of_the_files_and_the_summaries(digits, made):
    cost = Reference(digits).cost(made)
    assert (cost.run, cost.scheme, cost.metric) == (str(made.path), "2bit", "accuracy")
    assert cost.file_bytes == (made.path / "model.safetensors").stat().st_size
    assert cost.parent_file_bytes == (digits.path / "model.safetensors").stat().st_size
    assert cost.bits_per_parameter == pytest.approx(8 * cost.file_bytes / made.summary.n_params)
    assert (cost.loss, cost.parent_loss) == (made.summary.loss, digits.summary.loss)
    assert cost.score == made.summary.metrics["test/accuracy"]
    assert cost.parent_low == digits.summary.metrics["test/accuracy_low"]


def test_a_classifier_has_a_paired_test_of_its_accuracy(digits, made):
    paired = Reference(digits).cost(made).paired
    assert paired is not None
    assert paired.ours == pytest.approx(made.summary.metrics["test/accuracy"])
    assert paired.theirs == pytest.approx(digits.summary.metrics["test/accuracy"])
    assert paired.low <= paired.difference <= paired.high


def test_what_an_open_model_takes_is_four_bytes_a_number(made):
    model = open_model(made)
    numbers = sum(p.numel() for p in model.module.parameters())
    numbers += sum(b.numel() for b in model.module.buffers() if b.is_floating_point())
    counters = sum(b.numel() for b in model.module.buffers() if not b.is_floating_point())
    assert memory_of(model) == 4 * numbers + 8 * counters


def test_a_slower_model_has_a_ratio_above_one(digits):
    ours, theirs = open_model(digits), open_model(digits)

    def wait(*_):
        time.sleep(0.02)

    ours.module.register_forward_pre_hook(wait)
    with torch.inference_mode():
        assert latency_ratio(ours, theirs) > 1.5
        assert latency_ratio(theirs, ours) < 0.7
