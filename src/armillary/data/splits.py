"""Training, validation and test: deterministic, disjoint, and without near-duplicates across the line.

Where a source has no splits of its own, each example falls by the hash of its name, so that neither the
order of files on a disk nor a random generator has a say.  Near-duplicates fall together.  Where a source
brings its own splits, training examples that nearly repeat a held-out one are dropped.  Both are counted.
"""

from __future__ import annotations

import functools
import hashlib
import math
import statistics
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int

from armillary.core.config import Config
from armillary.core.errors import ConfigError, DataError, unknown
from armillary.data.base import SPLITS, Document, LabelledImage, Source, Split
from armillary.data.duplicates import image_groups, text_groups

SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True, kw_only=True)
class HoldOut(Config):
    """How much is held out of training, and by which draw."""

    validation: float = 0.1  # share of the examples (of the characters, for documents)
    test: float = 0.1
    seed: int = 0  # another seed, another split

    def __post_init__(self) -> None:
        if self.validation <= 0 or self.test <= 0 or self.validation + self.test > 0.8:
            raise ConfigError(
                f"held-out shares are above 0 and together at most 0.8, got validation={self.validation} "
                f"test={self.test}"
            )


@dataclass(frozen=True)
class Splits:
    """Examples by split, and what splitting them did beyond the draw."""

    examples: Mapping[Split, Sequence[Any]]
    report: Mapping[str, int] = field(default_factory=dict)  # counts by name, for the run's record

    def __getitem__(self, name: Split) -> Sequence[Any]:
        return self.examples[name]


@dataclass(frozen=True, kw_only=True)
class SplitSource(Source):
    """A source that reads all of its splits at once, at the first ``split``, and keeps them."""

    @abstractmethod
    def read(self) -> Splits:
        """Return all examples by split.  DataError, naming file or row, when they cannot be used."""

    def split(self, name: Split) -> Sequence[Any]:
        return _read(self)[name]

    def report(self) -> dict[str, int]:
        return super().report() | dict(_read(self).report)


@functools.lru_cache(maxsize=2)  # equal sources share what they read; a task and its copies hold equal ones
def _read(source: SplitSource) -> Splits:
    splits = source.read()
    for name in SPLITS:
        if not splits[name]:
            n = sum(len(splits[other]) for other in SPLITS)
            raise DataError(
                f"the source {source.kind!r} has no {name} example ({n} in all); give it more data"
            )
    return splits


def hold_out(
    examples: Sequence[Any],
    keys: Sequence[str],
    shares: HoldOut,
    *,
    groups: Int[np.ndarray, " n"] | None = None,
) -> Splits:
    """Split ``examples`` by the hash of their ``keys``; those of one group fall together.

    Without ``groups``, near-duplicates are the groups.  Labelled examples are split class by class, so
    that each split has each class as far as there are enough groups of it; documents count by their
    length.  Every split is in the order of the hash, so that its beginning is a sample of the whole.
    """
    together = near_duplicates(examples) if groups is None else groups
    draw = [(hash_of(key, shares.seed), key) for key in keys]
    members: dict[int, list[int]] = {}
    for i in sorted(range(len(examples)), key=draw.__getitem__):
        members.setdefault(int(together[i]), []).append(i)
    classes: dict[str, list[list[int]]] = {}
    for group in members.values():
        classes.setdefault(_label(examples[group[0]]), []).append(group)
    places: dict[Split, list[int]] = {name: [] for name in SPLITS}
    weights = [_weight(example) for example in examples]
    for queue in classes.values():
        for name, allotted in allot(queue, weights, shares).items():
            places[name] += allotted
    split = {name: [examples[i] for i in sorted(places[name], key=draw.__getitem__)] for name in SPLITS}
    kept_together = {"n_near_duplicates_kept_together": len(examples) - len(members)}
    return Splits(split, kept_together if groups is None else {})


def allot(queue: list[list[int]], weights: Sequence[float], shares: HoldOut) -> dict[Split, list[int]]:
    """Give the groups at the head of the queue to test, the next to validation, the rest to training.

    Training keeps at least one group, and always one that is larger than a whole share: a long file among
    short ones.  So that the short ones then do not all go to make up the shares, no split takes more
    than twice its share of the number of groups.
    """
    n_groups = len(queue)
    sizes = {group[0]: sum(weights[i] for i in group) for group in queue}
    total, typical = sum(sizes.values()), statistics.median(sizes.values())
    places: dict[Split, list[int]] = {}
    wanted: dict[Split, float] = {"test": shares.test, "validation": shares.validation}
    for name, share in wanted.items():
        fitting = [group for group in queue if sizes[group[0]] <= max(share * total, typical)]
        fitting = fitting[: min(len(queue) - 1, math.ceil(2 * share * n_groups))]
        reached = np.cumsum([sizes[group[0]] for group in fitting])
        n_taken = int(np.abs(reached - share * total).argmin()) + 1 if fitting else 0
        taken = {group[0] for group in fitting[:n_taken]}
        places[name] = [i for group in queue if group[0] in taken for i in group]
        queue = [group for group in queue if group[0] not in taken]
    return places | {"train": [i for group in queue for i in group]}


def respect(given: Mapping[Split, Sequence[Any]], shares: HoldOut) -> Splits:
    """Keep the splits that a data set brings, except training examples that nearly repeat a held-out one.

    A held-out split that it lacks is taken from its training examples, by the hash of their content.
    """
    examples = [example for name in SPLITS for example in given.get(name, ())]
    names = [name for name in SPLITS for _ in given.get(name, ())]
    if "train" not in names:
        raise DataError("the data set has no training examples")
    _require_trained_labels(given)
    groups = near_duplicates(examples)
    leaked = {group for group, name in zip(groups, names, strict=True) if name != "train"}
    kept = [i for i, name in enumerate(names) if name == "train" and groups[i] not in leaked]
    train = [examples[i] for i in kept]
    report = {"n_training_near_duplicates_dropped": names.count("train") - len(train)}
    missing = [name for name in SPLITS if name not in names]
    if not missing:
        return Splits({**given, "train": train}, report)
    drawn = hold_out(train, [content_key(example) for example in train], shares, groups=groups[kept])
    rest = [example for name in SPLITS if name not in missing for example in drawn[name]]
    return Splits({**given, **{name: drawn[name] for name in missing}, "train": rest}, report)


def named_split(name: str) -> Split | None:
    """Return the split that people mean by ``name`` (of a folder, of a value in a column), if any."""
    return SPLIT_NAMES.get(name.strip().lower())


def near_duplicates(examples: Sequence[Any]) -> Int[np.ndarray, " n"]:
    """Return a number for each example, the same for those that are nearly the same."""
    if not examples:
        raise DataError("there are no examples")
    if isinstance(examples[0], LabelledImage):
        return image_groups([example.pixels for example in examples])
    return text_groups([example.text for example in examples])


def content_key(example: Any) -> str:
    """Return a key made of the example's content, for examples that have no name."""
    if isinstance(example, LabelledImage):
        pixels = hashlib.blake2b(example.pixels.tobytes(), digest_size=16).hexdigest()
        return f"{example.label}\n{example.pixels.shape}\n{pixels}"
    return f"{_label(example)}\n{example.text}"


def require_classes(examples: Sequence[Any], where: str, at_least: int = 3) -> None:
    """Raise DataError unless the examples have two classes or more, of ``at_least`` examples each."""
    counts = Counter(example.label for example in examples)
    if len(counts) < 2:
        raise DataError(
            f"{where} has only one class, {next(iter(counts), 'none')!r}; classification needs two"
        )
    label, n = min(counts.items(), key=lambda item: (item[1], item[0]))
    if n < at_least:
        raise DataError(
            f"{where}: the class {label!r} has {n} example{'s' * (n > 1)}; each class needs {at_least}, so "
            "that all splits can have one: add some or merge it with another class"
        )


def _require_trained_labels(given: Mapping[Split, Sequence[Any]]) -> None:
    trained = {_label(example) for example in given["train"]}
    for name in SPLITS[1:]:
        for place, example in enumerate(given.get(name, ()), start=1):
            if _label(example) not in trained:
                raise DataError(
                    f"{name} example {place}: "
                    + unknown("class of the training split", _label(example), trained)
                )


def hash_of(key: str, seed: int) -> bytes:
    """Return what decides the place of an example called ``key`` in the draw of ``seed``."""
    return hashlib.blake2b(f"{seed}\n{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _label(example: Any) -> str:
    return "" if isinstance(example, Document) else str(example.label)


def _weight(example: Any) -> float:
    return float(len(example.text)) if isinstance(example, Document) else 1.0
