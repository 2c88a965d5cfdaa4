from pathlib import Path

from armillary.core.files import read_json
from armillary.training.trainer import train


def test_the_terms_of_the_data_stand_beside_the_model(toy, tmp_path: Path) -> None:
    run = train(toy(), tmp_path / "run")
    assert read_json(run.path / "data.json") == {"licence": "CC0-1.0", "citation": "Made up for a test."}
