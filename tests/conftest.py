"""What every test can rely on."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _numbers_as_usual() -> Iterator[None]:
    """Training flushes the smallest numbers to zero, for the whole process; the next test gets them back."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
