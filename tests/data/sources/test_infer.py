import pytest

from armillary.core.errors import DataError
from armillary.data.base import (
    SOURCES,
    CaptionedImage,
    Document,
    LabelledImage,
    LabelledText,
    Recording,
    Source,
    TextPair,
)
from armillary.data.sources import (
    AlignedFiles,
    AudioFolder,
    CaptionedFashionMNIST,
    CaptionedFolder,
    DocumentTable,
    FashionMNIST,
    HuggingFaceCaptions,
    HuggingFaceDocuments,
    HuggingFaceImages,
    HuggingFacePairs,
    HuggingFaceTexts,
    ImageFolder,
    LabelledTable,
    MessageCatalogues,
    PairTable,
    TextFiles,
    TranslationMemory,
    infer_source,
)


@pytest.fixture
def given(tmp_path):
    for name in ("a.csv", "b.JSONL", "c.txt", "plain/x.md", "classes/cat/1.png", "saved/dataset_info.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    for name in ("m.tmx", "memories/a.tmx", "zh.po", "locale/zh/LC_MESSAGES/a.mo", "two/c.en", "two/c.zh"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    (tmp_path / "idx").mkdir()
    (tmp_path / "idx" / "train-images-idx3-ubyte.gz").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "example", "source"),
    [
        ("a.csv", LabelledText, LabelledTable),
        ("b.JSONL", LabelledText, LabelledTable),
        ("a.csv", Document, DocumentTable),
        ("c.txt", Document, TextFiles),
        ("plain", Document, TextFiles),
        ("classes", LabelledImage, ImageFolder),
        ("idx", LabelledImage, FashionMNIST),
        ("classes", CaptionedImage, CaptionedFolder),
        ("a.csv", CaptionedImage, CaptionedFolder),
        ("idx", CaptionedImage, CaptionedFashionMNIST),
        ("plain", Recording, AudioFolder),
        ("a.csv", Recording, AudioFolder),
        ("saved", CaptionedImage, HuggingFaceCaptions),
        ("saved", Document, HuggingFaceDocuments),
        ("saved", LabelledText, HuggingFaceTexts),
        ("saved", LabelledImage, HuggingFaceImages),
        ("saved", TextPair, HuggingFacePairs),
        ("a.csv", TextPair, PairTable),
        ("m.tmx", TextPair, TranslationMemory),
        ("memories", TextPair, TranslationMemory),
        ("zh.po", TextPair, MessageCatalogues),
        ("locale", TextPair, MessageCatalogues),
        ("two", TextPair, AlignedFiles),
        ("two/c", TextPair, AlignedFiles),
    ],
)
def test_a_path_means_a_source(given, name, example, source):
    found = infer_source(given / name, example)
    assert type(found) is source
    assert found.example is example
    assert str(found.path) == str(given / name)


def test_one_of_two_aligned_files_means_both(given):
    assert infer_source(given / "two" / "c.zh", TextPair) == AlignedFiles(path=given / "two" / "c")


@pytest.mark.parametrize(
    ("name", "example", "allowed"),
    [
        ("c.txt", LabelledText, r"c\.txt is not .*\.csv.* with the columns text and label"),
        ("plain", LabelledText, "with the columns text and label"),
        ("a.csv", LabelledImage, "a folder of images for each class"),
        ("c.txt", LabelledImage, "a folder of images for each class"),
        ("c.txt", TextPair, r"c\.txt is not .*corpus for corpus\.en and corpus\.zh"),
        ("plain", TextPair, r"\.tmx, \.po or \.mo files"),
        ("nowhere", TextPair, "no file or folder .*nowhere; this task takes a table"),
        ("nowhere", Document, r"no file or folder .*nowhere; this task takes a text file"),
    ],
)
def test_what_a_task_cannot_use_is_refused_with_what_it_can(given, name, example, allowed):
    with pytest.raises(DataError, match=allowed):
        infer_source(given / name, example)


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_every_source_says_what_it_yields_and_whose_it_is(kind, tmp_path):
    cls = SOURCES[kind]
    assert cls.kind == kind
    assert cls.example in (Document, LabelledText, LabelledImage, CaptionedImage, Recording, TextPair)
    assert cls.licence
    assert cls.citation
    assert cls.__doc__
    given = {"kind": kind} | ({"path": str(tmp_path)} if "path" in cls.__dataclass_fields__ else {})
    source = Source.from_dict(given)
    assert Source.from_dict(source.to_dict()) == source
    assert hash(source) == hash(Source.from_dict(given))
