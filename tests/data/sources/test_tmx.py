import pytest
from pair_texts import pairs

from armillary.core.errors import DataError
from armillary.data.sources import TranslationMemory
from armillary.data.sources.tmx import read_units

PAIRS = pairs(40)
HEAD = '<?xml version="1.0" encoding="{}"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'


def unit(texts, extra=""):
    variants = "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in texts.items())
    return f"<tu>{extra}{variants}</tu>\n"


def write(path, units, srclang="en", encoding="utf-8"):
    text = f'<tmx version="1.4"><header srclang="{srclang}"/><body>{"".join(units)}</body></tmx>'
    path.write_bytes((HEAD.format(encoding) + text).encode(encoding))
    return path


def read(path, **options):
    return [(p.source, p.target) for p in TranslationMemory(path=path, **options).pairs()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_two_languages_are_found_and_the_header_tells_the_source(tmp_path, capsys, encoding):
    path = write(tmp_path / "a.tmx", [unit({"zh-CN": b, "EN-US": a}) for a, b in PAIRS], encoding=encoding)
    assert read(path) == PAIRS
    assert "from en-us to zh-cn" in capsys.readouterr().err
    assert read(path, source_language="zh") == [(b, a) for a, b in PAIRS]


def test_three_languages_need_two_names_and_incomplete_units_are_counted(tmp_path):
    units = [unit({"en": a, "zh": b, "de": a.upper()}) for a, b in PAIRS]
    path = write(tmp_path / "a.tmx", [*units, unit({"en": "alone", "de": "allein"})])
    with pytest.raises(
        DataError, match=r"3 languages \(de, en, zh\); name two: task\.source\.source_language="
    ):
        read(path)
    source = TranslationMemory(path=path, source_language="de", target_language="zh")
    assert source.report()["n_units_without_both_languages"] == 1
    assert source.report()["n_pairs_read"] == 40


def test_inline_codes_go_and_documents_stay(tmp_path):
    coded = (
        'open <bpt i="1">&lt;b&gt;<sub>x</sub></bpt>this &amp; <hi>that</hi><ept i="1">&lt;/b&gt;</ept><ph/>'
    )
    path = write(tmp_path / "a.tmx", [unit({"en": coded, "zh": "打开"}, '<prop type="File">a.txt</prop>')])
    (found,) = read_units(path)
    assert found.texts == {"en": "open this & that", "zh": "打开"}
    assert found.document == "a.txt"


def test_a_folder_is_read_whole_and_a_large_file_in_pieces(tmp_path):
    every = pairs(3000)
    for n in range(2):
        units = [unit({"en": a, "zh": b}) for a, b in every[1500 * n : 1500 * (n + 1)]]
        write(tmp_path / f"{n}.tmx", units)
    assert read(tmp_path) == every


def test_entities_are_refused_before_they_grow(tmp_path):
    bomb = '<!DOCTYPE tmx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    path = tmp_path / "a.tmx"
    path.write_text(f"<?xml version='1.0'?>{bomb}<tmx><body>{unit({'en': '&b;', 'zh': 'b'})}</body></tmx>")
    with pytest.raises(DataError, match="line 1: it declares the entity 'a'"):
        list(read_units(path))


@pytest.mark.parametrize(
    ("content", "says"),
    [("<tmx><body>\n<tu></body></tmx>", "line 2: this is no XML: mismatched tag"), ("", "no element found")],
)
def test_what_is_no_xml_is_refused_at_its_line(tmp_path, content, says):
    (tmp_path / "a.tmx").write_text(content)
    with pytest.raises(DataError, match=says):
        list(read_units(tmp_path / "a.tmx"))
