import pytest
from pair_texts import pairs

from armillary.core.errors import DataError
from armillary.data import debian
from armillary.data.base import TextPair
from armillary.data.pair_source import LeftOut
from armillary.data.sources import DebianDescriptions, DebianSynopses
from armillary.data.sources.debian_descriptions import paragraphs

PAIRS = pairs(240)
PER_PACKAGE = 4  # a synopsis and three paragraphs

# Stands for apt-get: what the archive has lies in $ARCHIVE.
APT = """#!/bin/sh
for word; do case $word in Dir::State::Lists=*) lists=${word#*=};; esac; done
cp "$ARCHIVE"/* "$lists"
"""


def stanza(package, md5, language, texts):
    synopsis, *rest = texts
    body = "\n .\n".join(f" {text}" for text in rest)
    return f"Package: {package}\nDescription-md5: {md5}\nDescription-{language}: {synopsis}\n{body}\n\n"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A machine whose apt-get knows an archive of 60 packages, two to a source package."""
    folder, tools = tmp_path / "archive", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    for name, script in (("apt-get", APT), ("dpkg", "#!/bin/sh\n")):
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("ARCHIVE", str(folder))
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "kept"))
    packages = ""
    for number in range(60):
        texts = PAIRS[PER_PACKAGE * number : PER_PACKAGE * number + PER_PACKAGE]
        name, source = f"lib{number}", f"work{number // 2}"
        packages += (
            f"Package: {name}\nSource: {source} (1.2)\nVersion: 1\n\n" if number else f"Package: {name}\n\n"
        )
        for language, side in (("en", 0), ("ja", 1)):
            with (folder / f"main_i18n_Translation-{language}").open("a", encoding="utf-8") as file:
                file.write(stanza(name, f"{number:032x}", language, [pair[side] for pair in texts]))
    (folder / "main_binary-amd64_Packages").write_text(packages, encoding="utf-8")
    return folder


def counted(found):
    counts = {}
    for item in found:
        if isinstance(item, LeftOut):
            counts[item.name] = counts.get(item.name, 0) + item.n
    return counts


def test_paragraphs_go_with_their_translations(archive):
    found = list(DebianDescriptions(target_language="ja").pairs())
    assert [(pair.source, pair.target) for pair in found] == PAIRS
    assert [found[0].document, found[4].document, found[-1].document] == ["lib0", "work0", "work29"]


def test_descriptions_are_summed_up_by_their_synopses(archive):
    found = list(DebianSynopses().pairs())
    sources = [source for source, _ in PAIRS]
    assert found[1] == TextPair("\n".join(sources[5:8]), sources[4], "work0")
    assert len(found) == 60


def test_packages_of_one_source_share_a_split(archive):
    source = DebianSynopses()
    documents = [{pair.document for pair in source.split(name)} for name in ("train", "validation", "test")]
    assert sum(map(len, documents)) == len(set.union(*documents)) == 31


def test_indexes_are_fetched_once(archive, capsys):
    first = DebianSynopses().report()
    DebianSynopses(cleaning=DebianSynopses().cleaning.replace(copies=False)).report()
    assert capsys.readouterr().err.count("fetching") == 1
    assert first["n_pairs_read"] == 60


def test_what_does_not_align_is_counted(archive):
    with (archive / "main_i18n_Translation-ja").open("a", encoding="utf-8") as file:
        file.write(stanza("gone", "f" * 32, "ja", ["なし", "なし"]))
        file.write(stanza("lib0", "e" * 32, "ja", ["訳", "<trans>", "  * 一\n   続き\n  * 二"]))
        file.write(stanza("lib1", "d" * 32, "ja", ["訳", "一つ"]))
    with (archive / "main_i18n_Translation-en").open("a", encoding="utf-8") as file:
        file.write(stanza("lib0", "e" * 32, "en", ["line", "not yet", "  * one\n    more\n  * two"]))
        file.write(stanza("lib1", "d" * 32, "en", ["line", "one", "two"]))
    found = list(DebianDescriptions(target_language="ja").pairs())
    assert counted(found) == {
        "n_descriptions_without_original": 1,
        "n_descriptions_not_aligned": 1,
        "n_paragraphs_without_translation": 1,
    }
    assert found[-3:-1] == [TextPair("* one more", "* 一続き", "lib0"), TextPair("* two", "* 二", "lib0")]


def test_a_list_run_together_goes_with_the_whole_list(archive):
    with (archive / "main_i18n_Translation-ja").open("a", encoding="utf-8") as file:
        file.write(stanza("lib0", "e" * 32, "ja", ["訳", "一、二"]))
    with (archive / "main_i18n_Translation-en").open("a", encoding="utf-8") as file:
        file.write(stanza("lib0", "e" * 32, "en", ["line", "  * one\n  * two"]))
    assert list(DebianDescriptions(target_language="ja").pairs())[-1] == TextPair(
        "* one * two", "一、二", "lib0"
    )


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        ([" One that", " goes on.", " .", " Two."], [["One that goes on."], ["Two."]]),
        ([" Has:", "  * a", "    more", "  * b", " After."], [["Has:", "* a more", "* b", "After."]]),
        ([" - a", "   more", " - b"], [["- a more", "- b"]]),
        ([" 日本", " 語 and", " more"], [["日本語 and more"]]),
        ([" .", " One.", " ."], [["One."]]),
        ([], []),
    ],
)
def test_lines_are_joined_where_they_were_wrapped(lines, parts):
    assert paragraphs(lines) == parts


def test_a_language_without_descriptions_is_named(archive):
    with pytest.raises(DataError, match="no descriptions in 'xx'; name it as the archive does: de"):
        DebianDescriptions(target_language="xx").split("train")
    assert not list(debian.cache_folder().rglob("*-xx*"))


@pytest.mark.network
def test_debians_archive_has_thirty_thousand_pairs():
    report = DebianDescriptions().report()
    assert 25_000 < report["n_train"] < 60_000
    assert report["n_descriptions_not_aligned"] < 0.01 * report["n_train"]
