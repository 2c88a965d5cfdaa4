import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import CheckpointError, ConfigError, DataError
from armillary.data.tokenizers import END_OF_TEXT, BPEConfig, ByteConfig, Tokenizer, TokenizerConfig, learn

CORPUS = [
    "the armillary sphere is a model of the heavens; the heavens turn, the sphere turns with them\n" * 3,
    "浑天仪者，天之象也。天体圆如弹丸，地如鸡子中黄。浑天如鸡子。\n" * 3,
    "def sphere(x):\n    return x ** 2 + 1234567\n" * 3,
]
BYTES = learn([], ByteConfig())
BPE = learn(CORPUS, BPEConfig(vocab_size=320))

both = pytest.mark.parametrize("tokenizer", [BYTES, BPE], ids=["byte", "bpe"])


@both
@given(text=st.text())
def test_any_text_comes_back_exactly(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


@both
@pytest.mark.parametrize(
    "text",
    ["", "\x00\x01\x7f", "浑天仪 🪐👩‍🚀", "a\r\nb\tc  ", END_OF_TEXT, "\ufeff\u200b\u0301", "é e\u0301"],
)
def test_awkward_texts_come_back_exactly(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.end_of_text not in ids


@both
@given(ids=st.lists(st.integers(0, 256), max_size=30))
def test_any_ids_decode_to_some_text(tokenizer, ids):
    assert isinstance(tokenizer.decode(ids), str)


def test_half_a_character_is_shown_as_such_and_the_mark_vanishes():
    assert BYTES.decode([*"浑".encode()[:2], 65, BYTES.end_of_text]) == "\ufffdA"


def test_byte_ids_are_the_bytes_in_both():
    assert BYTES.encode("aé浑") == list("aé浑".encode())
    assert BPE.encode("Q") == [ord("Q")]


@both
def test_the_library_alone_gives_the_same_ids(tokenizer):
    for text in CORPUS:
        assert tokenizer.encode(text) == tokenizer._library.encode(text).ids


def test_the_mark_is_the_last_id():
    assert (BYTES.vocab_size, BYTES.end_of_text) == (257, 256)
    assert (BPE.vocab_size, BPE.end_of_text) == (320, 319)


def test_merges_shorten_the_text_they_were_learnt_from():
    assert len(BPE.encode(CORPUS[0])) < 0.5 * len(BYTES.encode(CORPUS[0]))


def test_encode_all_is_encode_of_each_in_the_smallest_type():
    arrays = BPE.encode_all(CORPUS)
    assert [array.tolist() for array in arrays] == [BPE.encode(text) for text in CORPUS]
    assert all(array.dtype == np.uint16 for array in arrays)


def test_a_small_text_gives_a_small_vocabulary():
    assert learn(["abab"], BPEConfig(vocab_size=1000)).vocab_size == 258


def test_learning_is_deterministic_across_processes():
    code = (
        "from armillary.data.tokenizers import *;"
        f"print(ascii(learn({CORPUS!r}, BPEConfig(vocab_size=320)).fingerprint()))"
    )
    outputs = {subprocess.check_output([sys.executable, "-c", code]) for _ in range(2)}
    assert outputs == {ascii(BPE.fingerprint()).encode() + b"\n"}


@both
def test_a_saved_tokenizer_is_the_same(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert loaded.fingerprint() == tokenizer.fingerprint()
    text = f"{CORPUS[1]} {END_OF_TEXT}"
    assert loaded.encode(text) == tokenizer.encode(text)


@pytest.mark.slow
def test_transformers_reads_the_same_file(tmp_path):
    transformers = pytest.importorskip("transformers")
    BPE.save(tmp_path)
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"))
    assert theirs.encode(CORPUS[2]) == BPE.encode(CORPUS[2])


@pytest.mark.parametrize("content", [None, "", "{", '{"model": {}}'])
def test_a_missing_or_damaged_file_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        Tokenizer.load(tmp_path)


def test_half_a_utf16_pair_is_refused():
    with pytest.raises(DataError, match="character 2"):
        BPE.encode("ab\ud83d")


def test_a_vocabulary_without_room_for_merges_is_refused():
    with pytest.raises(ConfigError, match="257"):
        BPEConfig(vocab_size=257)


def test_kinds_are_registered():
    assert TokenizerConfig.from_dict({"kind": "bpe", "vocab_size": 500}) == BPEConfig(vocab_size=500)
    assert TokenizerConfig.from_dict({"kind": "byte"}) == ByteConfig()


def test_the_bytes_of_the_tokens_add_up_to_those_of_the_text():
    tokenizer = learn(["naïve 渾天儀 " * 50], BPEConfig(vocab_size=300))
    text = "naïve 渾天儀 unseen 黄道"
    assert tokenizer.n_bytes[tokenizer.encode(text)].sum() == len(text.encode())
    assert tokenizer.n_bytes[tokenizer.end_of_text] == 0


@both
@given(text=st.text())
def test_pieces_are_the_text_and_a_character_is_never_cut(tokenizer, text):
    ids = tokenizer.encode(text)
    pieces = tokenizer.pieces(ids)
    assert len(pieces) == len(ids)
    assert "".join(pieces) == text


def test_a_character_of_several_tokens_stands_with_the_last():
    assert BYTES.pieces(BYTES.encode("a渾b")) == ["a", "", "", "渾", "b"]
    assert BYTES.pieces([*b"a", BYTES.end_of_text]) == ["a", ""]
    assert BYTES.pieces("渾".encode()[:2]) == ["", "\N{REPLACEMENT CHARACTER}"]
