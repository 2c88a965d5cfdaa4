import pytest
from pair_texts import pairs

from armillary.data.base import SPLITS, Source
from armillary.data.sources import HuggingFacePairs

datasets = pytest.importorskip("datasets")
PAIRS = pairs(90)


def texts(split):
    return [(pair.source, pair.target) for pair in split]


def test_splits_stand_and_translations_are_taken_apart(tmp_path, capsys):
    rows = [{"id": str(i), "translation": {"en": a, "zh": b}} for i, (a, b) in enumerate(PAIRS)]
    parts = {"train": rows[:60], "validation": rows[60:75], "test": rows[75:], "extra": rows[:4]}
    saved = datasets.DatasetDict({name: datasets.Dataset.from_list(part) for name, part in parts.items()})
    saved.save_to_disk(tmp_path / "saved")
    source = HuggingFacePairs(path=str(tmp_path / "saved"))
    assert [texts(source.split(name)) for name in SPLITS] == [PAIRS[:60], PAIRS[60:75], PAIRS[75:]]
    assert source.report()["n_in_other_splits"] == 4
    assert "source 'en', target 'zh'" in capsys.readouterr().err
    assert Source.from_dict(source.to_dict()) == source


def test_a_data_set_without_splits_is_split_by_its_documents(tmp_path):
    rows = [{"body": a, "summary": b, "page": str(i % 30)} for i, (a, b) in enumerate(PAIRS)]
    datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "saved")
    source = HuggingFacePairs(path=str(tmp_path / "saved"), document_column="page")
    assert source.report()["n_documents"] == 30
    pages = [{pair.document for pair in source.split(name)} for name in SPLITS]
    assert sum(map(len, pages)) == 30
    assert sorted(pair for name in SPLITS for pair in texts(source.split(name))) == sorted(PAIRS)
