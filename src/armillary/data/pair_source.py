"""What all sources of pairs of texts share: cleaning, splitting, and counting what both leave out."""

from __future__ import annotations

import json
import platform
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, Split, TextPair
from armillary.data.cache import cached_json, content_hash
from armillary.data.cleaning import Cleaning
from armillary.data.pair_splits import split_pairs
from armillary.data.splits import HoldOut, Splits, SplitSource

FEWEST = 30  # pairs; with fewer there is nothing to learn or to judge by


@dataclass(frozen=True)
class MarkedPair(TextPair):
    """A pair of which the data themselves say in which split it is."""

    split: Split = "train"


@dataclass(frozen=True)
class LeftOut:
    """Something that reading met and that is no pair; the report counts it under ``name``."""

    name: str  # such as "n_fuzzy"
    n: int = 1


@dataclass(frozen=True, kw_only=True)
class PairSource(SplitSource):
    """Pairs of texts, cleaned, then split by document; a subclass says by ``pairs`` where they come from.

    Where the data bring their own splits, held-out pairs are not cleaned but for white space, control
    characters and empty sides: what others measured on them stays comparable.
    """

    example: ClassVar[type] = TextPair
    cleaning: Cleaning = Cleaning()
    held_out: HoldOut = HoldOut()
    near_duplicates_apart: bool = True  # whether no held-out pair may nearly repeat a training pair

    @abstractmethod
    def pairs(self) -> Iterable[TextPair | LeftOut]:
        """Yield the pairs as they are found, and, to be counted, what was left out.

        Pairs of one ``document`` share a split.  A ``MarkedPair`` brings its own; beside such, others are
        training pairs.
        Raises DataError, naming the file and the place in it, when the data cannot be used.
        """

    def files(self) -> Sequence[Path] | None:
        """Return the files that the pairs are read from, where reading takes long: it is then done once.

        What was read, cleaned and split is kept in the cache until a file, this configuration or this
        package changes.  None: nothing is kept.
        """
        return None

    def read(self) -> Splits:
        files = self.files()
        if files is None:
            return self._splits()
        kept = cached_json(f"pairs/{_decided_by(self, files)}", lambda: _plain(self._splits()))
        examples = {name: [TextPair(*fields) for fields in kept["examples"][name]] for name in SPLITS}
        return Splits(examples, kept["report"])

    def _splits(self) -> Splits:
        given: dict[Split, list[TextPair]] = {}
        counts: Counter[str] = Counter()
        for found in self.pairs():
            if isinstance(found, LeftOut):
                counts[found.name] += found.n
            else:
                split = found.split if isinstance(found, MarkedPair) else "train"
                given.setdefault(split, []).append(found)
        for name, pairs in given.items():
            clean = self.cleaning.clean if name == "train" else self.cleaning.normalise
            given[name], counted = clean(pairs)
            counts.update(counted)
        self._check_number(sum(map(len, given.values())), counts)
        splits = split_pairs(given, self.held_out, apart=self.near_duplicates_apart)
        self._check_held_out(splits)
        return Splits(splits.examples, {**counts, **splits.report})

    def _check_number(self, n_pairs: int, counts: Counter[str]) -> None:
        if n_pairs < FEWEST:
            gone = ", ".join(f"{name} {n}" for name, n in counts.items() if n and name != "n_pairs_read")
            raise DataError(
                f"{self._where()} has {n_pairs} usable pairs of {counts['n_pairs_read']} read"
                f"{f' ({gone})' if gone else ''}; {FEWEST} are the fewest to learn from"
            )

    def _check_held_out(self, splits: Splits) -> None:
        for name in SPLITS[1:]:
            if not splits[name]:
                raise DataError(
                    f"{self._where()}: training nearly repeats every {name} pair; give it more varied pairs, "
                    "or let them be repeated: task.source.near_duplicates_apart=no"
                )

    def _where(self) -> str:
        return str(getattr(self, "path", f"the source {self.kind!r}"))


def _plain(splits: Splits) -> dict[str, Any]:
    """Return the pairs and the counts as JSON has them."""
    rows = {name: [(p.source, p.target, p.document) for p in splits[name]] for name in SPLITS}
    return {"examples": rows, "report": dict(splits.report)}


def _decided_by(source: PairSource, files: Sequence[Path]) -> str:
    """Return a hash of what decides the pairs of a source: its files, its fields, and this code."""
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.rglob("*.py"))]
    stats = ((path, path.stat()) for path in files)
    state = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return content_hash(state, json.dumps(source.to_dict(), sort_keys=True), platform.python_version(), *code)
