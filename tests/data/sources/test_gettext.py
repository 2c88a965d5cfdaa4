import sys

import pytest
from pair_texts import pairs

from armillary.core.errors import DataError, MissingExtraError
from armillary.data.base import TextPair
from armillary.data.pair_source import LeftOut
from armillary.data.sources import MessageCatalogues
from armillary.data.sources.gettext import language_of, messages

polib = pytest.importorskip("polib")
PAIRS = pairs(60)
SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
)


def catalogue(path, entries, plural="nplurals=1; plural=0;", language=""):
    found = polib.POFile()
    found.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": plural,
        "Language": language,
    }
    found.extend(polib.POEntry(**entry) for entry in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    (found.save_as_mofile if path.suffix == ".mo" else found.save)(str(path))
    return path


def entries(some=PAIRS):
    return [{"msgid": a, "msgstr": b} for a, b in some]


@pytest.mark.parametrize("suffix", [".po", ".mo"])
def test_messages_are_read_without_the_header(tmp_path, suffix):
    path = catalogue(
        tmp_path / f"zh_CN{suffix}", [*entries(), {"msgid": "open %s {n}", "msgstr": "打开 {n} %s"}]
    )
    found = {(pair.source, pair.target) for pair in MessageCatalogues(path=path).pairs()}
    assert found == {*PAIRS, ("open %s {n}", "打开 {n} %s")}


def test_what_is_not_translated_is_counted(tmp_path):
    odd = [
        {"msgid": "fuzzy one", "msgstr": "模糊", "flags": ["fuzzy"]},
        {"msgid": "old one", "msgstr": "旧", "obsolete": True},
        {"msgid": "open", "msgstr": ""},
    ]
    report = MessageCatalogues(path=catalogue(tmp_path / "zh.po", [*entries(), *odd])).report()
    assert {name: report[name] for name in ("n_fuzzy", "n_obsolete", "n_untranslated", "n_pairs_read")} == {
        "n_fuzzy": 1,
        "n_obsolete": 1,
        "n_untranslated": 1,
        "n_pairs_read": 60,
    }


@pytest.mark.parametrize(
    ("plural", "forms", "found"),
    [
        ("nplurals=1; plural=0;", {0: "%d 个文件"}, [("%d files", "%d 个文件")]),
        ("", {0: "eine", 1: "viele"}, [("%d file", "eine"), ("%d files", "viele")]),
        (SLAVIC, {0: "один", 1: "два", 2: "много"}, [("%d file", "один"), ("%d files", "много")]),
    ],
)
def test_plural_forms_go_with_the_number_they_are_for(tmp_path, plural, forms, found):
    entry = {"msgid": "%d file", "msgid_plural": "%d files", "msgstr_plural": forms}
    path = catalogue(tmp_path / "x.po", [entry], plural)
    assert list(messages(path)) == [TextPair(*pair) for pair in found]
    assert list(messages(catalogue(tmp_path / "x.mo", [entry], plural))) == [
        TextPair(*pair) for pair in found
    ]


def test_a_plural_without_its_form_is_counted(tmp_path):
    entry = {"msgid": "%d file", "msgid_plural": "%d files", "msgstr_plural": {0: "один", 1: "два", 2: ""}}
    path = catalogue(tmp_path / "x.po", [entry], SLAVIC)
    assert list(messages(path)) == [TextPair("%d file", "один"), LeftOut("n_untranslated")]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("locale/zh_CN/LC_MESSAGES/app.mo", "zh_CN"),
        ("locale/zh_CN.UTF-8/LC_MESSAGES/de.mo", "zh_CN.UTF-8"),
        ("po/pt-BR.po", "pt-BR"),
        ("po/app-zh_TW.po", "zh_TW"),
        ("translations/fr/django.po", "fr"),
        ("odd/thing.po", "sv"),
    ],
)
def test_the_language_of_a_catalogue(tmp_path, name, language):
    path = catalogue(tmp_path / name, entries(PAIRS[:1]), language="sv")
    assert language_of(path, tmp_path) == language


def test_folders_of_catalogues(tmp_path):
    for n in range(12):
        catalogue(tmp_path / f"zh_CN/LC_MESSAGES/part{n}.mo", entries(PAIRS[5 * n : 5 * n + 5]))
    assert MessageCatalogues(path=tmp_path).report()["n_documents"] == 12
    catalogue(tmp_path / "zh_CN/LC_MESSAGES/part3.po", entries(PAIRS[15:20]))
    catalogue(tmp_path / "de/LC_MESSAGES/part3.po", entries())
    with pytest.raises(
        DataError, match=r"2 languages \(de, zh-cn\); name one: task\.source\.target_language="
    ):
        list(MessageCatalogues(path=tmp_path).pairs())
    chosen = MessageCatalogues(path=tmp_path, target_language="zh").report()
    assert chosen["n_pairs_read"] == 60  # part3.mo is what part3.po was compiled to


def test_the_document_of_a_message_is_the_file_that_it_is_from(tmp_path):
    places = [entry | {"occurrences": [(f"src/{i % 6}.c", "7")]} for i, entry in enumerate(entries())]
    source = MessageCatalogues(path=catalogue(tmp_path / "zh.po", places))
    assert source.report()["n_documents"] == 6
    assert source.split("test")[0].document.startswith("src/")


@pytest.mark.parametrize(
    ("name", "content"),
    [("zh.mo", b"nothing of the kind"), ("zh.po", b'msgid "a\nmsgstr'), ("nowhere.po", None), ("zh.mo", b"")],
)
def test_what_is_no_catalogue_is_refused(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name} is no gettext catalogue"):
        list(messages(tmp_path / name))


def test_a_plural_formula_that_is_none_is_refused(tmp_path):
    path = catalogue(tmp_path / "zh.po", entries(), "nplurals=2; plural=__import__('os');")
    with pytest.raises(DataError, match=r"zh\.po: its header has no proper Plural-Forms"):
        list(messages(path))


def test_without_polib_the_extra_is_named(tmp_path, monkeypatch):
    path = catalogue(tmp_path / "zh.po", entries())
    monkeypatch.setitem(sys.modules, "polib", None)
    with pytest.raises(MissingExtraError, match=r"armillary\[text\]"):
        list(messages(path))
