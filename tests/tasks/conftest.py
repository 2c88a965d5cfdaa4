from pathlib import Path

import pytest
from tiny_tasks import CASES, OWN_TASKS, Case


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session", params=OWN_TASKS)
def case(request: pytest.FixtureRequest, folder: Path) -> Case:
    """Each registered task; one that has no tiny case fails here, so none goes untested."""
    return CASES[request.param](folder)
