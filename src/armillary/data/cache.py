"""Learnt tokenizers, encoded texts and split pairs, kept between runs under a hash of what decides them.

They lie in ``$ARMILLARY_CACHE``, else in ``$XDG_CACHE_HOME/armillary``, else in ``~/.cache/armillary``;
the folder can be deleted at any time.  Files appear whole or not at all, so processes that make the same
one at once do no harm: the last is kept, and it is equal.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from jaxtyping import Integer

from armillary.core.errors import CheckpointError, DataError
from armillary.core.files import atomic_path, write_text
from armillary.data.tokenizers import Tokenizer, TokenizerConfig, learn


def cache_folder() -> Path:
    """Return the folder that keeps what can be made again."""
    own = os.environ.get("ARMILLARY_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "armillary"


def content_hash(texts: Sequence[str], *settings: str) -> str:
    """Return a name for the texts, in this order, under the ``settings``."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (*settings, *texts):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def learnt_tokenizer(texts: Sequence[str], config: TokenizerConfig) -> Tokenizer:
    """Return what ``tokenizers.learn`` does, from the cache when it was learnt before."""
    settings = json.dumps(config.to_dict(), sort_keys=True), tokenizers.__version__
    folder = cache_folder() / "tokenizers" / content_hash(texts, *settings)
    try:
        return Tokenizer.load(folder)
    except CheckpointError:  # not there, or damaged
        tokenizer = learn(texts, config)
    with _writing():
        tokenizer.save(folder)
    return tokenizer


def corpus(texts: Sequence[str], tokenizer: Tokenizer) -> Integer[np.ndarray, " n_tokens"]:
    """Return the ids of all texts as one stream, an end-of-text mark after each; mapped from disk."""

    def encoded() -> Integer[np.ndarray, " n_tokens"]:
        mark = np.array([tokenizer.end_of_text], tokenizer.dtype)
        return np.concatenate([part for ids in tokenizer.encode_all(texts) for part in (ids, mark)])

    return cached_array(f"corpora/{content_hash(texts, tokenizer.fingerprint())}", encoded)


def cached_array(name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array kept under ``name``, mapped from disk; made and kept when it is not there."""
    path = cache_folder() / f"{name}.npy"
    try:
        return np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, EOFError, ValueError):  # not there, or damaged
        array = make()
    with _writing(), atomic_path(path) as part:
        np.save(part, array)
    return np.asarray(np.load(path, mmap_mode="r"))


def cached_json(name: str, make: Callable[[], Any]) -> Any:
    """Return the value of JSON kept under ``name``; made and kept when it is not there."""
    path = cache_folder() / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or damaged
        text = json.dumps(make(), ensure_ascii=False)
    with _writing():
        write_text(path, text)
    return json.loads(text)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except CheckpointError as error:
        raise DataError(f"{error}; name a folder with room: ARMILLARY_CACHE=FOLDER") from error
