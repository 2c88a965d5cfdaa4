import pytest
from tiny_tasks import CASES, OWN_TASKS, Case

from armillary.models import MODELS
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.trainer import train


@pytest.fixture(scope="session", params=OWN_TASKS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Run]:
    """Each registered task, and a run of it that was trained for a moment."""
    case = CASES[request.param](tmp_path_factory.mktemp("data"))
    draws = case.task.signature().outputs == "image"
    config = RunConfig(
        task=case.task,
        model=MODELS["flow-transformer"](d_model=16) if draws else MODELS["transformer"](),
        budget="6 steps",
        batch_size=8,
        evaluations=1,
        checkpoints=1,
        precision="32-true",
        accelerator="cpu",
    )
    config = config.fitted()
    if not draws:
        config = config.replace(model=config.model.at_size(2e4))
    return case, train(config, tmp_path_factory.mktemp("runs") / "run")
