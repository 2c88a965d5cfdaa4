"""Text to token ids and back, without loss: byte-level byte-pair encoding.

The first 256 ids are the bytes of UTF-8 themselves, so no text is unencodable; then comes one id for
each merge in the order it was learnt (Sennrich et al. 2016, on bytes as in Radford et al. 2019); the
last id is the end-of-text mark that separates documents.  A byte tokenizer is one that learnt no merge, a
character tokenizer one whose merges make characters of their bytes.
"""

from __future__ import annotations

import functools
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import tokenizers
from jaxtyping import Int, Integer
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, trainers

from armillary.core.config import Config
from armillary.core.errors import CheckpointError, ConfigError, DataError
from armillary.core.files import atomic_path
from armillary.core.registry import Registry

END_OF_TEXT = "<|endoftext|>"
FILE = "tokenizer.json"

# Merges never cross these pieces.  The pattern is cl100k_base's (tiktoken), with numbers cut after two
# digits instead of three, as nanochat does for small vocabularies.
PIECES = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)

Merge = tuple[str, str]

TOKENIZERS: Registry[type[TokenizerConfig]] = Registry("tokenizer", "tokenizers")


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig(Config, ABC):
    """How a tokenizer is learnt from the training split."""

    registry: ClassVar[Registry[Any] | None] = TOKENIZERS

    @abstractmethod
    def merges(self, texts: Iterable[str]) -> list[Merge]:
        """Return the pairs to merge, most frequent first, in the library's spelling of bytes."""


@TOKENIZERS.register("byte")
@dataclass(frozen=True, kw_only=True)
class ByteConfig(TokenizerConfig):
    """The bytes of UTF-8 as they are: 257 ids, nothing learnt."""

    kind: ClassVar[str] = "byte"

    def merges(self, texts: Iterable[str]) -> list[Merge]:  # noqa: ARG002
        return []


@TOKENIZERS.register("character")
@dataclass(frozen=True, kw_only=True)
class CharacterConfig(TokenizerConfig):
    """Characters: the bytes, and one id for each other character that the training split has.

    What it does not have is still spelled in bytes.  A few ids more stand for the first bytes of several
    characters.
    """

    kind: ClassVar[str] = "character"

    def merges(self, texts: Iterable[str]) -> list[Merge]:
        found = {character for text in texts for character in _checked(text)}
        beginnings: dict[Merge, None] = {}
        wholes: dict[Merge, None] = {}
        for character in sorted(found):
            spelled = "".join(map(_spelling, character.encode()))
            for end in range(2, len(spelled) + 1):
                merges = wholes if end == len(spelled) else beginnings
                merges[spelled[: end - 1], spelled[end - 1]] = None
        return [*beginnings, *wholes]


@TOKENIZERS.register("bpe")
@dataclass(frozen=True, kw_only=True)
class BPEConfig(TokenizerConfig):
    """Byte-pair encoding.  A text too small to hold so many frequent pairs gives a smaller vocabulary."""

    kind: ClassVar[str] = "bpe"
    vocab_size: int = 1024  # ids in all: 256 bytes, the merges and the end-of-text mark

    def __post_init__(self) -> None:
        if self.vocab_size <= 257:
            raise ConfigError(
                f"vocab_size takes more than 257 (256 bytes, the end-of-text mark and the merges), got "
                f"{self.vocab_size}; for no merges choose the tokenizer 'byte'"
            )

    def merges(self, texts: Iterable[str]) -> list[Merge]:
        library = _assemble([])
        trainer = trainers.BpeTrainer(
            vocab_size=self.vocab_size - 1,
            min_frequency=2,  # a pair seen once says nothing about other text
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        library.train_from_iterator((_checked(text) for text in texts), trainer)
        return [(left, right) for left, right in json.loads(library.to_str())["model"]["merges"]]


class Tokenizer:
    """Token ids for texts and texts for token ids; made by ``learn`` or ``load``."""

    def __init__(self, library: tokenizers.Tokenizer) -> None:
        # A text that spells the mark out is text: only documents' ends carry the mark itself.
        library.encode_special_tokens = True
        mark = library.token_to_id(END_OF_TEXT)
        assert mark is not None
        self._library = library
        self.vocab_size: int = library.get_vocab_size()
        self.end_of_text: int = mark
        self.dtype = np.dtype(np.uint16 if self.vocab_size <= 2**16 else np.uint32)

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``, without an end-of-text mark.  DataError for a lone surrogate."""
        return [int(i) for i in self.encode_all([text])[0]]

    def encode_all(self, texts: Sequence[str]) -> list[Integer[np.ndarray, " n_tokens"]]:
        """Return the ids of each text, in the smallest type that holds the vocabulary, many at once."""
        texts = [_checked(text) for text in texts]
        if self.vocab_size == 257:
            return [np.frombuffer(text.encode(), np.uint8).astype(self.dtype) for text in texts]
        encodings = self._library.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(encoding.ids, self.dtype) for encoding in encodings]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ``ids``; end-of-text marks vanish, a character cut in two shows as U+FFFD."""
        return str(self._library.decode([int(i) for i in ids]))

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Return the text that each of ``ids`` adds; together they are the whole text.

        A character that is cut over several ids stands with the last of them.
        """
        pieces, held = [], list[int]()
        for i in ids:
            held.append(int(i))
            text = self.decode(held)
            whole = not text.endswith("\N{REPLACEMENT CHARACTER}")
            pieces.append(text if whole else "")
            held = [] if whole else held
        if held:  # it ends within a character
            pieces[-1] = self.decode(held)
        return pieces

    def spelled(self) -> list[str]:
        """Return each id as other libraries name it: a printable character for each byte, or the mark."""
        return [self._library.id_to_token(i) or "" for i in range(self.vocab_size)]

    @functools.cached_property
    def n_bytes(self) -> Int[np.ndarray, " vocab_size"]:
        """How many bytes of UTF-8 each id stands for: the end-of-text mark for none."""
        return np.array(
            [len(token) if i != self.end_of_text else 0 for i, token in enumerate(self.spelled())]
        )

    def fingerprint(self) -> str:
        """Return the whole tokenizer as text: equal exactly when two tokenizers are."""
        return str(self._library.to_str())

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json``, the file that Hugging Face's libraries read."""
        with atomic_path(folder / FILE) as part:
            self._library.save(str(part))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``tokenizer.json`` from ``folder``.  CheckpointError when it is missing or damaged."""
        try:
            library = tokenizers.Tokenizer.from_file(str(folder / FILE))
        except Exception as error:  # the library raises nothing more precise
            raise CheckpointError(f"cannot read {folder / FILE}: {error}") from error
        if library.token_to_id(END_OF_TEXT) is None:
            raise CheckpointError(f"{folder / FILE} has no {END_OF_TEXT} and was not made by this package")
        return cls(library)


def learn(texts: Iterable[str], config: TokenizerConfig) -> Tokenizer:
    """Return the tokenizer that ``config`` learns from ``texts``: the same for the same texts, always."""
    return Tokenizer(_assemble(config.merges(texts)))


def _assemble(merges: Sequence[Merge]) -> tokenizers.Tokenizer:
    """Return the library's tokenizer with ids laid out as this module promises."""
    tokens = [_spelling(byte) for byte in range(256)] + [left + right for left, right in merges]
    ids = {token: i for i, token in enumerate(dict.fromkeys(tokens))}  # two merges may end in one token
    library = tokenizers.Tokenizer(models.BPE(ids, list(merges)))
    pieces = pre_tokenizers.Split(Regex(PIECES), "isolated")
    spell = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    library.pre_tokenizer = pre_tokenizers.Sequence([pieces, spell])
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens([AddedToken(END_OF_TEXT, special=True, normalized=False)])
    return library


def _spelling(byte: int) -> str:
    """Return the printable character that the library writes for a byte (GPT-2's ``bytes_to_unicode``)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    if byte in printable:
        return chr(byte)
    return chr(0x100 + byte - sum(p < byte for p in printable))


def _checked(text: str) -> str:
    """Return ``text`` if UTF-8 can write it."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"the text holds {text[error.start]!r} at character {error.start}, half of a UTF-16 pair, "
                "which is no character; read the file with its true encoding"
            ) from error
    return text
