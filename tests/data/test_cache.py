import os
import subprocess
import sys

import numpy as np
import pytest

from armillary.core.errors import DataError
from armillary.data import cache
from armillary.data.tokenizers import BPEConfig, ByteConfig, learn

TEXTS = ["浑天仪 " * 20, "armillary sphere " * 20, ""]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_folder_is_the_users_choice(monkeypatch, tmp_path):
    assert cache.cache_folder() == tmp_path / "kept"
    monkeypatch.delenv("ARMILLARY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / "armillary"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "armillary"


def test_a_tokenizer_is_learnt_once(monkeypatch, folder):
    config = BPEConfig(vocab_size=270)
    first = cache.learnt_tokenizer(TEXTS, config)
    assert first.fingerprint() == learn(TEXTS, config).fingerprint()
    monkeypatch.setattr(cache, "learn", None)
    assert cache.learnt_tokenizer(TEXTS, config).fingerprint() == first.fingerprint()
    assert len(files(folder)) == 1


def test_other_texts_or_settings_are_another_tokenizer():
    configs = BPEConfig(vocab_size=270), BPEConfig(vocab_size=280), ByteConfig()
    assert len({cache.learnt_tokenizer(TEXTS, config).vocab_size for config in configs}) == 3
    assert cache.content_hash(["ab", "c"]) != cache.content_hash(["a", "bc"])
    assert cache.content_hash(["a"], "b") != cache.content_hash(["b"], "a")


def test_a_corpus_is_all_texts_each_ended_by_the_mark():
    tokenizer = cache.learnt_tokenizer(TEXTS, ByteConfig())
    ids = cache.corpus(TEXTS, tokenizer)
    assert ids.dtype == np.uint16
    expected = [i for text in TEXTS for i in [*text.encode(), 256]]
    assert ids.tolist() == expected
    assert not ids.flags.writeable


def test_an_array_is_made_once_and_again_when_its_file_is_damaged(folder):
    made = []

    def make():
        made.append(1)
        return np.arange(1000)

    for _ in range(2):
        assert cache.cached_array("a/b", make).sum() == 499500
    assert len(made) == 1
    (path,) = folder.rglob("*.npy")
    for damage in (path.read_bytes()[:300], b"", b"not an array"):
        path.write_bytes(damage)
        assert cache.cached_array("a/b", make).sum() == 499500
    assert len(made) == 4


def test_processes_that_make_the_same_at_once_agree(folder):
    code = (
        "from armillary.data import cache; from armillary.data.tokenizers import BPEConfig;"
        f"t = {TEXTS!r}; print(cache.corpus(t, cache.learnt_tokenizer(t, BPEConfig(vocab_size=270))).sum())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ)
        for _ in range(3)
    ]
    assert len({process.communicate()[0] for process in running}) == 1
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(files(folder)) == 2


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="ARMILLARY_CACHE=FOLDER"):
        cache.corpus(TEXTS, learn(TEXTS, ByteConfig()))


def test_a_value_is_made_once_and_again_when_damaged(folder):
    value = {"pairs": [["a", "浑天仪", ""]], "n": 1}
    assert cache.cached_json("pairs/some", lambda: value) == value
    assert cache.cached_json("pairs/some", pytest.fail) == value
    assert files(folder) == ["pairs/some.json"]
    (folder / "pairs/some.json").write_text('{"pairs":')
    assert cache.cached_json("pairs/some", lambda: [2]) == [2]
