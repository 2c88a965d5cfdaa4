from pathlib import Path

from armillary.core.files import read_json
from armillary.training.trainer import train


def test_the_terms_of_the_data_stand_beside_the_model(toy, tmp_path: Path) -> None:
    run = train(toy(), tmp_path / "run")
    written = read_json(run.path / "data.json")
    counts = written.pop("counts")
    assert written == {"licence": "CC0-1.0", "citation": "Made up for a test."}
    assert counts.keys() >= {"n_train", "n_validation", "n_test"}
