import pytest
from pair_texts import pairs

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SPLITS, TextPair
from armillary.data.sources import AlignedFiles

PAIRS = pairs(60)


def write(folder, prefix, *sides, end="\n", **languages):
    for code, texts in [*zip(("en", "zh"), sides, strict=False), *languages.items()]:
        (folder / f"{prefix}.{code}").write_bytes(end.join([*texts, ""]).encode())


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "corpus", *zip(*PAIRS, strict=True))
    (tmp_path / "README.md").write_text("some words")
    return tmp_path


def read(path, **options):
    return [(pair.source, pair.target) for pair in AlignedFiles(path=path, **options).pairs()]


def test_a_prefix_and_a_folder_mean_the_same(folder, capsys):
    assert read(folder / "corpus") == read(folder) == PAIRS
    assert "from en to zh; task.source.source_language=zh turns it round" in capsys.readouterr().err
    turned = [(b, a) for a, b in PAIRS]
    assert read(folder, source_language="zh") == read(folder, target_language="en") == turned


def test_a_name_that_tells_the_direction_is_followed(tmp_path):
    write(tmp_path, "news.zh-en", *zip(*PAIRS, strict=True))
    assert read(tmp_path / "news.zh-en") == [(b, a) for a, b in PAIRS]


def test_src_and_tgt(tmp_path, capsys):
    sources, targets = zip(*PAIRS, strict=True)
    write(tmp_path, "x", src=sources, tgt=targets)
    assert read(tmp_path / "x") == PAIRS
    assert capsys.readouterr().err == ""


def test_line_ends_and_separators_inside_lines_do_not_shift_them(tmp_path):
    odd = [("a\u2028b \x0bc", "一\r二"), *PAIRS]
    write(tmp_path, "x", *zip(*odd, strict=True), end="\r\n")
    assert read(tmp_path / "x") == odd


def test_different_numbers_of_lines_are_refused_with_both(folder):
    with (folder / "corpus.zh").open("a", encoding="utf-8") as handle:
        handle.write("多\n" * 1000)
    with pytest.raises(DataError, match=r"corpus\.en has 60 lines and .*corpus\.zh 1,060; line n of one"):
        read(folder)


def test_files_named_as_splits_are_those(tmp_path):
    every = pairs(90)
    for n, name in enumerate(("train", "dev.zh-en", "test")):
        write(tmp_path, name, *zip(*every[30 * n : 30 * n + 30], strict=True))
    source = AlignedFiles(path=tmp_path, source_language="en")
    found = [[(pair.source, pair.target) for pair in source.split(name)] for name in SPLITS]
    assert found == [every[:30], every[30:60], every[60:]]
    assert type(source.split("test")[0]) is TextPair


def test_three_languages_need_two_names_and_unknown_ones_are_named(folder):
    write(folder, "corpus", de=[a.upper() for a, _ in PAIRS])
    with pytest.raises(DataError, match=r"3 languages \(de, en, zh\); name two"):
        read(folder)
    assert read(folder, source_language="de", target_language="zh")[0] == (PAIRS[0][0].upper(), PAIRS[0][1])
    with pytest.raises(ConfigError, match=r"no language is called 'fr'.*known: de, en, zh"):
        read(folder, target_language="fr")


def test_nothing_to_read_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"as corpus\.en and corpus\.zh do"):
        read(tmp_path / "corpus")
