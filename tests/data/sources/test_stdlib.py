import sys

import pytest

from armillary.data.base import SOURCES, SPLITS, Document
from armillary.data.sources.stdlib import StandardLibrary, library_files


@pytest.fixture(scope="module")
def library():
    return StandardLibrary()


def test_it_is_registered_and_has_a_licence():
    assert SOURCES["stdlib"] is StandardLibrary
    assert StandardLibrary.licence == "PSF-2.0"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in StandardLibrary.citation


def test_no_file_is_in_two_splits_and_the_sizes_are_as_asked(library):
    names = {name: {document.name for document in library.split(name)} for name in SPLITS}
    assert len(set.union(*names.values())) == sum(map(len, names.values())) > 300
    sizes = [sum(len(document.text) for document in library.split(name)) for name in SPLITS]
    assert sizes[0] > 5_000_000
    assert [size / sum(sizes) for size in sizes] == pytest.approx([0.9, 0.05, 0.05], abs=0.015)


def test_it_is_the_library_without_tests_tables_and_packages():
    names = dict(library_files())
    assert "argparse.py" in names
    assert "asyncio/events.py" in names
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {"test", "tests", "site-packages", "dist-packages", "encodings", "idle_test"}
    assert not any("_sysconfigdata" in name for name in names)
    assert list(names) == sorted(names)


def test_documents_are_shuffled_by_their_hash(library):
    names = [document.name for document in library.split("train")]
    assert names != sorted(names)
    assert names == [document.name for document in StandardLibrary().split("train")]


def test_documentation_is_text_too():
    docs = StandardLibrary(part="docs").split("train")
    assert all(isinstance(document, Document) for document in docs)
    assert all(document.name.startswith("pydoc_data/topics/") for document in docs)
    whole = StandardLibrary(part="all").report()
    assert sum(whole[f"n_{name}"] for name in SPLITS) > len(docs) + 300


def test_a_python_without_sources_is_told_what_to_do(monkeypatch, tmp_path):
    import sysconfig

    from armillary.core.errors import DataError

    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    with pytest.raises(DataError, match="a text of your own: data=FOLDER"):
        library_files()
