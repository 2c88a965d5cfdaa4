import sys

import pytest
from pair_texts import pairs

from armillary.core.errors import ConfigError, MissingExtraError
from armillary.data.sources import InstalledCatalogues
from armillary.data.sources.catalogues import same_language

polib = pytest.importorskip("polib")
PAIRS = pairs(120)


def save(path, entries):
    catalogue = polib.POFile()
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    catalogue.extend(polib.POEntry(msgid=a, msgstr=b) for a, b in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    (catalogue.save_as_mofile if path.suffix == ".mo" else catalogue.save)(str(path))


def install(site, name, catalogues, licence="License-Expression: MIT"):
    """Lay a package into a folder as pip does: its files, its metadata and the record of both."""
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{licence}\n")
    for place, entries in catalogues.items():
        save(site / place, entries)
    files = [*catalogues, f"{info.name}/METADATA", f"{info.name}/RECORD"]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An environment of three packages alone."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    install(tmp_path, "Web_Frame", {"web/locale/zh_Hans/LC_MESSAGES/django.mo": PAIRS[:60]})
    lab = {
        "lab/locale/zh_CN/LC_MESSAGES/lab.mo": PAIRS[60:],
        "lab/locale/zh_TW/LC_MESSAGES/lab.mo": PAIRS[:5],
    }
    install(tmp_path, "lab", lab, "Classifier: License :: OSI Approved :: BSD License")
    install(tmp_path, "plain", {})
    return tmp_path


def test_catalogues_of_all_packages_are_read(site, capsys):
    found = list(InstalledCatalogues().pairs())
    assert sorted((pair.source, pair.target) for pair in found) == sorted(PAIRS)
    assert {pair.document for pair in found} == {
        "web-frame/web/locale/zh_Hans/LC_MESSAGES/django.mo",
        "lab/lab/locale/zh_CN/LC_MESSAGES/lab.mo",
    }
    assert capsys.readouterr().err == "catalogues in zh of lab (BSD License), web-frame (MIT)\n"


@pytest.mark.parametrize(("packages", "n"), [(("web.frame",), 60), (("lab", "Web_Frame"), 120)])
def test_packages_can_be_named(site, packages, n):
    assert len(list(InstalledCatalogues(packages=packages).pairs())) == n


def test_placeholders_stay(site):
    messages = [("Hello %(name)s, {0} of <b>%d</b>\n", "你好 %(name)s，{0}／<b>%d</b>\n")]
    install(site, "more", {"more/locale/zh/LC_MESSAGES/more.po": messages})
    [pair] = InstalledCatalogues(packages=("more",)).pairs()
    assert (pair.source, pair.target) == messages[0]


def test_other_languages_and_other_files_are_passed_over(site):
    save(site / "plain" / "zh.po", PAIRS[:3])
    with pytest.raises(MissingExtraError, match=r"translation to 'de' .* 'armillary\[text\]'"):
        InstalledCatalogues(target_language="de").split("train")
    assert len(list(InstalledCatalogues(target_language="zh-Hant").pairs())) == 5


def test_a_package_that_is_not_installed_is_named(site):
    with pytest.raises(ConfigError, match="with catalogues in zh is called 'labb'; did you mean 'lab'"):
        InstalledCatalogues(packages=("labb",)).split("train")


@pytest.mark.parametrize(
    ("code", "wanted", "same"),
    [
        ("zh_Hans", "zh-CN", True),
        ("zh_CN", "zh", True),
        ("zh_TW", "zh", False),
        ("zh_Hant", "zh_TW", True),
        ("de", "de", True),
        ("pt_BR", "pt", False),
        ("pt_BR", "pt-br", True),
    ],
)
def test_chinese_has_several_names(code, wanted, same):
    assert same_language(code, wanted) is same


def test_the_extra_brings_enough_to_learn_from():
    pytest.importorskip("django")
    pytest.importorskip("jupyterlab_language_pack_zh_CN")
    source = InstalledCatalogues()
    report = source.report()
    assert report["n_train"] > 2500
    assert min(report["n_validation"], report["n_test"]) > 200
    assert not {pair.source for pair in source.split("test")} & {
        pair.source for pair in source.split("train")
    }
