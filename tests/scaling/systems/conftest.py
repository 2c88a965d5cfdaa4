import pytest

from armillary.scaling.systems.architecture import TransformerShape


@pytest.fixture(scope="session")
def gpt():
    """Return the maker of GPTs with a vocabulary of 51,200, as Megatron's papers measure them."""

    def made(d_model: int, n_heads: int, n_layers: int, context: int = 2048, vocab_size: int = 51200):
        return TransformerShape(
            n_layers=n_layers,
            d_model=d_model,
            n_heads=n_heads,
            d_ff=4 * d_model,
            vocab_size=vocab_size,
            context=context,
        )

    return made
