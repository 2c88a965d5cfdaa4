import random
import re
import string

import pytest

from armillary.data.base import SPLITS, LabelledText
from armillary.data.sources import stdlib_modules
from armillary.data.sources.stdlib_modules import StandardLibraryModules

TEMPLATE = '''
import {package}.file

def outer_{i}(a, b):
    """Call {package} with {noise}."""
    import {package}
    from {package} import (
        thing,
    )
    def inner():
        return {package}.call({i})
    return inner() + {noise}

class Keeper{i}:
    def method_{i}(self, value):
        self.value = {package}_{i}
        self.noise = "{noise}"
        return self.value

    def short(self): return 1
'''


def body(package, file, n_functions):
    rng = random.Random(f"{package}{file}")
    noise = ("".join(rng.choices(string.ascii_lowercase, k=60)) for _ in range(n_functions))
    return "".join(TEMPLATE.format(package=package, i=i, noise=word) for i, word in enumerate(noise))


def library(packages=("alpha", "beta"), n_files=6, n_functions=8):
    return [(f"{p}/file{f}.py", body(p, f, n_functions)) for p in packages for f in range(n_files)]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(stdlib_modules, "library_files", library)
    return StandardLibraryModules().override("held_out.seed=7")  # equal sources share what was read


def test_functions_and_methods_are_taken_whole_and_short_ones_left():
    name, text = library(n_files=1)[0]
    found = list(stdlib_modules._functions(name, text))
    assert [f.text.split("(")[0] for f in found[:2]] == ["def outer_0", "def method_0"]
    assert len(found) == 16
    assert "def inner" in found[0].text
    assert found[1].text.startswith("def method_0(self, value):\n    self.value")
    assert {(f.package, f.file) for f in found} == {("alpha", "alpha/file0.py")}


def test_import_statements_are_cut_out():
    name, text = library(n_files=1)[0]
    source = next(stdlib_modules._functions(name, text)).text
    assert "import" not in source
    assert "thing" not in source
    assert source.count("\n") == 4


def test_no_text_names_a_package(small):
    texts = [example.text for name in SPLITS for example in small.split(name)]
    assert texts
    assert not any(package in text.lower() for text in texts for package in ("alpha", "beta"))


def test_the_largest_packages_with_enough_files_are_the_classes(monkeypatch):
    files = [*library(), *library(("few",), n_files=2, n_functions=40), *library(("tiny",), n_functions=2)]
    functions = [f for name, text in files for f in stdlib_modules._functions(name, text)]
    assert stdlib_modules._largest(functions) == {"alpha", "beta"}
    monkeypatch.setattr(stdlib_modules, "MAX_CLASSES", 1)
    assert stdlib_modules._largest(functions) == {"alpha"}


@pytest.fixture(scope="module")
def real():
    return StandardLibraryModules()


def test_the_running_library_gives_enough_of_each_class(real):
    labels = {name: {example.label for example in real.split(name)} for name in SPLITS}
    assert 8 <= len(labels["train"]) <= stdlib_modules.MAX_CLASSES
    assert labels["train"] == labels["validation"] == labels["test"]
    assert all(len(real.split(name)) > bound for name, bound in zip(SPLITS, (2000, 300, 300), strict=True))
    assert all(isinstance(example, LabelledText) for example in real.split("test"))


def test_no_file_is_in_two_splits(real):
    files = dict(stdlib_modules.library_files())
    names = sorted({example.label for example in real.split("train")}, key=len, reverse=True)
    mask = re.compile("|".join(names), re.IGNORECASE)
    where = {}
    for file, text in files.items():
        for function in stdlib_modules._functions(file, text):
            key = function.package, mask.sub(stdlib_modules.MASK, function.text)
            where.setdefault(key, set()).add(file)
    used = {
        name: {
            file
            for e in real.split(name)
            for file in where[e.label, e.text]
            if len(where[e.label, e.text]) == 1
        }
        for name in SPLITS
    }
    assert not used["train"] & (used["validation"] | used["test"])
    assert not used["validation"] & used["test"]


@pytest.mark.slow
def test_it_is_neither_trivial_nor_hopeless(real):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    (texts, labels), (others, truth) = (
        zip(*((example.text, example.label) for example in real.split(name)), strict=True)
        for name in ("train", "test")
    )
    pipeline = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, min_df=2), LogisticRegression(C=10, max_iter=300)
    )
    accuracy = pipeline.fit(texts, labels).score(others, truth)
    assert 0.5 < accuracy < 0.9
