import pytest

from armillary.core.errors import ConfigError
from armillary.models import Signature
from armillary.models.cnn import CNNConfig

WRITING = Signature(vocab_size=50, length=64)
IMAGE = Signature(inputs="image", outputs="class", channels=1, height=32, width=32, n_classes=3)


def test_depth_follows_the_width_unless_it_is_given():
    assert [CNNConfig(signature=WRITING, d_model=d).depth for d in (32, 96, 192)] == [6, 6, 12]
    assert [CNNConfig(signature=IMAGE, d_model=d).depth for d in (16, 64, 128)] == [1, 2, 4]
    assert CNNConfig(signature=IMAGE, d_model=16, n_layers=3).depth == 3


def test_dropout_is_that_of_the_paper_for_texts_and_none_elsewhere():
    reading = Signature(outputs="class", vocab_size=50, length=64, n_classes=3)
    rates = [CNNConfig(signature=signature).dropout_rate for signature in (WRITING, reading, IMAGE)]
    assert rates == [0.0, 0.5, 0.0]


@pytest.mark.parametrize(
    ("field", "value"),
    [("kernel_size", 1), ("filter_widths", ()), ("filter_widths", (3, 0)), ("expansion", 0.0)],
)
def test_shapes_without_sense_are_refused(field, value):
    with pytest.raises(ConfigError, match=field):
        CNNConfig(**{field: value})
