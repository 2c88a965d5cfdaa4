"""Training, validation and test of pairs of texts: by document, and without near-duplicates across the line.

Pairs of a document fall together, and so do pairs whose sources, or whose targets, are nearly the same,
with all of their documents: nothing is lost that way.  But boilerplate ("See also", "Click OK.") can tie
most documents of a corpus into one group, which no held-out split could take, and what is left would be no
sample.  So when a group of several documents is larger than the smaller held-out share, documents are split
as if nothing tied them, and a held-out pair is dropped when training nearly repeats its source or its target.
Training keeps its boilerplate then; the held-out texts are all new.

Documents too few, or too unequal, to make up half of a held-out share are divided, and counted.

Where the data bring their own splits, these stand, and it is training that loses what nearly repeats them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, Split, TextPair
from armillary.data.duplicates import joined, text_groups
from armillary.data.splits import HoldOut, Splits, allot, hash_of

Groups = Int[np.ndarray, " pairs"]
Sides = tuple[Groups, Groups]  # near-duplicates among the sources, and among the targets


def hold_out_pairs(pairs: Sequence[TextPair], shares: HoldOut, *, apart: bool = True) -> Splits:
    """Split pairs by the hash of their documents; of those without one, by the hash of their texts.

    ``apart`` keeps near-duplicates from both sides of the line; see the head of this file.  Every split is
    in the order of its own pairs' hashes, so that its beginning is a sample of the whole.
    """
    names = [pair.document or _key(pair) for pair in pairs]
    documents = _documents(pairs)
    counts = {"n_documents": len({pair.document for pair in pairs if pair.document})}
    if _is_short(_drawn(names, documents, shares), shares):
        names, documents = [_key(pair) for pair in pairs], np.arange(len(pairs))
        counts["n_documents_divided"] = counts["n_documents"]
    if not apart:
        return Splits(_of_places(pairs, _drawn(names, documents, shares), shares), counts)
    sides = _sides(pairs)
    groups = joined(documents, *sides)
    if _largest(groups) <= max(_largest(documents), min(shares.validation, shares.test) * len(pairs)):
        places = _drawn(names, groups, shares)
        counts["n_near_duplicates_kept_together"] = len(set(documents.tolist())) - len(set(groups.tolist()))
    else:
        places = _drawn(names, documents, shares)
        known = places["train"]
        for name in SPLITS[1:]:
            held_out = places[name]
            places[name] = _without(held_out, known, sides)
            counts[f"n_{name}_near_duplicates_dropped"] = len(held_out) - len(places[name])
            known = known + places[name]
    return Splits(_of_places(pairs, places, shares), counts)


def split_pairs(given: Mapping[Split, Sequence[TextPair]], shares: HoldOut, *, apart: bool = True) -> Splits:
    """Keep the splits that the data bring, but for training pairs that nearly repeat a held-out one.

    A held-out split that is missing is drawn from training, as ``hold_out_pairs`` does.  DataError when there
    is no training pair.
    """
    train = list(given.get("train", ()))
    if not train:
        raise DataError("no pair is in the training split; leave the splits unnamed, and they are drawn")
    held_out = [pair for name in SPLITS[1:] for pair in given.get(name, ())]
    counts = {}
    if apart and held_out:
        every = [*train, *held_out]
        kept = _without(list(range(len(train))), list(range(len(train), len(every))), _sides(every))
        counts["n_training_near_duplicates_dropped"] = len(train) - len(kept)
        train = [train[i] for i in kept]
    missing = [name for name in SPLITS[1:] if not given.get(name)]
    if not missing:
        return Splits({**given, "train": train}, counts)
    drawn = hold_out_pairs(train, shares, apart=apart)
    rest = [pair for name in SPLITS if name not in missing for pair in drawn[name]]
    found = {**given, **{name: drawn[name] for name in missing}, "train": rest}
    return Splits(found, {**drawn.report, **counts})


def _drawn(names: Sequence[str], groups: Groups, shares: HoldOut) -> dict[Split, list[int]]:
    """Return the places of each split; groups come by the hash of the first of their names."""
    first: dict[int, str] = {}
    members: dict[int, list[int]] = {}
    for i, (name, group) in enumerate(zip(names, groups.tolist(), strict=True)):
        first[group] = min(first.get(group, name), name)
        members.setdefault(group, []).append(i)
    queue = sorted(members, key=lambda group: hash_of(first[group], shares.seed))
    return allot([members[group] for group in queue], [1.0] * len(names), shares)


def _is_short(places: Mapping[Split, Sequence[int]], shares: HoldOut) -> bool:
    """Return whether a held-out split has less than half of its share."""
    n_pairs = sum(map(len, places.values()))
    wanted: dict[Split, float] = {"validation": shares.validation, "test": shares.test}
    return any(len(places[name]) < 0.5 * share * n_pairs for name, share in wanted.items())


def _of_places(
    pairs: Sequence[TextPair], places: Mapping[Split, Sequence[int]], shares: HoldOut
) -> dict[Split, list[TextPair]]:
    """Return the pairs at the places, in the order of the hashes of their texts."""
    return {
        name: sorted((pairs[i] for i in found), key=lambda pair: hash_of(_key(pair), shares.seed))
        for name, found in places.items()
    }


def _documents(pairs: Sequence[TextPair]) -> Groups:
    """Return a number for each pair, the same for those of one document."""
    numbers: dict[str | int, int] = {}
    return np.array([numbers.setdefault(p.document or i, len(numbers)) for i, p in enumerate(pairs)], int)


def _sides(pairs: Sequence[TextPair]) -> Sides:
    return text_groups([pair.source for pair in pairs]), text_groups([pair.target for pair in pairs])


def _largest(groups: Groups) -> int:
    return int(np.bincount(groups).max())


def _without(places: list[int], known: list[int], sides: Sides) -> list[int]:
    """Return the places of pairs neither side of which is nearly a side of the pairs at ``known``."""
    new: Bool[np.ndarray, " n"] = np.ones(len(places), bool)
    for groups in sides:
        new &= ~np.isin(groups[places], groups[known])
    return [place for place, is_new in zip(places, new.tolist(), strict=True) if is_new]


def _key(pair: TextPair) -> str:
    return f"{pair.source}\n{pair.target}"
