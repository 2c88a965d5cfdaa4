import sys

import pytest
from pair_texts import pairs

from armillary.core.errors import ConfigError
from armillary.data.base import TextPair
from armillary.data.pair_source import LeftOut
from armillary.data.sources import Docstrings
from armillary.data.sources.docstrings import docstrings, plain, summarised

TEXTS = [words for words, _ in pairs(360)]
NUMPY_STYLE = """Return evenly spaced
numbers.

Returns ``num`` samples, see :func:`~numpy.arange` and
`the guide <https://x.org>`_.

.. versionadded:: 1.2

Parameters
----------
start : float
    The first one,
    of all.
num : int
    How many.

Examples
--------
>>> linspace(2)
[1]

Raises
------
ValueError
    If there are none.
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of 30 modules of four functions each, which would fail if it were imported."""
    folder = tmp_path / "made"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError\n")
    for number in range(30):
        some = [TEXTS[12 * number + 3 * k : 12 * number + 3 * k + 3] for k in range(4)]
        code = [
            f'def f{k}():\n    """{a}\n\n    {a}\n    {b}\n    {c}\n    """\n'
            for k, (a, b, c) in enumerate(some)
        ]
        (folder / f"m{number}.py").write_text("\n".join(code))
    (folder / "tests" / "test_it.py").write_text('"""A test of it.\n\nThat says very much of a test.\n"""')
    (folder / "old.py").write_text("print 'hello'")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_functions_are_summed_up_by_their_first_paragraph(package):
    found = list(Docstrings(packages=("made",)).pairs())
    texts = [pair for pair in found if isinstance(pair, TextPair)]
    assert len(texts) == 120
    a, b, c = TEXTS[:3]
    assert texts[0] == TextPair(f"{a} {b} {c}", a, "made/m0.py")
    assert [left for left in found if isinstance(left, LeftOut)] == [LeftOut("n_files_not_read")]
    assert "made" not in sys.modules


def test_a_module_is_in_one_split(package):
    source = Docstrings(packages=("made",))
    documents = [{pair.document for pair in source.split(name)} for name in ("train", "validation", "test")]
    assert all(documents)
    assert sum(map(len, documents)) == len(set.union(*documents)) == 30


def test_every_kind_of_docstring_is_found():
    code = '"""m"""\nx = "no"\nclass C:\n "c"\n async def f(self):\n  """f"""\n  def g(): "g"'
    assert list(docstrings(code)) == ["m", "c", "f", "g"]


def test_sections_are_told_apart():
    assert summarised(NUMPY_STYLE, "numpy/x.py") == TextPair(
        "Returns num samples, see numpy.arange and the guide.\nstart : float The first one, of all.\n"
        "num : int How many.\nValueError If there are none.",
        "Return evenly spaced numbers.",
        "numpy/x.py",
    )


@pytest.mark.parametrize(
    "docstring",
    [
        "One line alone.",
        "Two words.\n\nAnd much more is said of them here.",
        "A longer line of text.\n\nMore.",
    ],
)
def test_what_is_no_summary_is_left_out(docstring):
    assert summarised(docstring) is None


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Wrapped\nlines.\n\nMore.", "Wrapped lines.\nMore."),
        ("- one\n  goes on\n- two", "- one goes on\n- two"),
        ("As in::\n\n    code = 1\n\n        more\n\nAfter.", "As in:\nAfter."),
        (">>> f(1)\n... more\n'printed'\n\nAfter.", "After."),
        (".. note:: Beware\n   of it.", "Beware of it."),
        (":param x: one\n:returns: two", ":param x: one\n:returns: two"),
        ("Text\n\nExample:\n    f(1)\n\nArgs:\n    x: one\n", "Text\nx: one"),
        ("uses `x` and ``a::b``", "uses x and a::b"),
        ("", ""),
    ],
)
def test_marks_of_restructured_text_go(text, clean):
    assert plain(text) == clean


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(
        ConfigError, match="no package 'nunpy' with source files is installed; allowed is stdlib"
    ):
        Docstrings(packages=("nunpy",)).split("train")


@pytest.mark.slow
def test_the_standard_library_has_a_thousand():
    report = Docstrings(packages=("stdlib",)).report()
    assert report["n_train"] > 1000
    assert min(report["n_validation"], report["n_test"]) > 30
