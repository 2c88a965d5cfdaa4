"""Which examples are nearly the same, so that a split can keep them on one side.

Texts: two are near-duplicates when the sets of their overlapping five-character pieces agree to 0.8 or
more (Jaccard), estimated from 128 minimal hashes (Broder 1997) by one-permutation hashing (Li, Owen &
Zhang 2012) with every empty bin filled from a fixed sequence of others (after Shrivastava 2017).  Pairs
worth comparing share one of 16 bands of 8 hashes, which finds 95% of the pairs at 0.8 and nearly all
above 0.9.  Case, width and white space do not count.

Images: two are near-duplicates when their 16x16 thumbnails differ by less than a twenty-fifth of their
contrast.  Pairs worth comparing are neighbours in one of four orders of a 64-bit brightness hash.

Both take time in proportion to the data (about that of reading it), not to its square.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8, UInt32, UInt64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch.nn.functional import adaptive_avg_pool2d, interpolate

Groups = Int[np.ndarray, " n"]  # the same number for the same group
Images = Sequence[UInt8[np.ndarray, "_ _ _"]]  # height, width, channels; heights and widths may differ
Edges = Int[np.ndarray, "2 n_pairs"]

SHINGLE = 5  # characters; a word or so, and two or three Chinese ones
N_HASHES = 128
N_BANDS = 16
SIMILAR = 0.8  # Jaccard similarity from which texts are near-duplicates
CHUNK = 2_000_000  # characters hashed at a time
EMPTY = np.uint32(0xFFFFFFFF)

THUMBNAIL = 16  # pixels a side
AT_A_TIME = 1024  # images
NEIGHBOURS = 8  # in each order of the hash
DIFFERENT = 0.04  # of the contrast


# --- texts ------------------------------------------------------------------------------------------


def text_groups(texts: Sequence[str]) -> Groups:
    """Return a number for each text, the same for near-duplicates (and for near-duplicates of those)."""
    places: dict[str, int] = {}
    exact = np.array([places.setdefault(_normalised(text), len(places)) for text in texts], int)
    signatures = _signatures(list(places))
    groups = _components(len(places), _similar_pairs(signatures))
    return np.asarray(groups[exact])


def _normalised(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.ljust(SHINGLE)


def _signatures(texts: Sequence[str]) -> UInt32[np.ndarray, "n hashes"]:
    """Return the minimum of the pieces' hashes in each of ``N_HASHES`` bins, for each text."""
    signatures = np.full((len(texts), N_HASHES), EMPTY)
    for start, stop in _chunks([len(text) for text in texts]):
        flat = signatures[start:stop].reshape(-1)
        owners, hashes = _shingles(texts[start:stop])
        bins = owners * N_HASHES + (hashes % np.uint64(N_HASHES)).astype(int)
        np.minimum.at(flat, bins, (hashes >> np.uint64(33)).astype(np.uint32))
    return _densified(signatures)


def _chunks(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of runs of texts that hold about ``CHUNK`` characters."""
    start = size = 0
    for i, length in enumerate(lengths):
        size += length
        if size >= CHUNK or i + 1 == len(lengths):
            yield start, i + 1
            start, size = i + 1, 0


def _shingles(texts: Sequence[str]) -> tuple[Int[np.ndarray, " n"], UInt64[np.ndarray, " n"]]:
    """Return, for each piece of each text, the number of the text and a hash of the piece."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    n = len(codes) - SHINGLE + 1
    hashes = codes[:n].copy()
    for k in range(1, SHINGLE):
        hashes = _mixed(hashes * np.uint64(0x100000001B3) + codes[k : k + n])
    within = owners[:n] == owners[SHINGLE - 1 :]
    return owners[:n][within], hashes[within]


def _mixed(x: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
    """Return well-mixed bits: the finalizer of splitmix64 (Steele, Lea & Flood 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def _densified(signatures: UInt32[np.ndarray, "n hashes"]) -> UInt32[np.ndarray, "n hashes"]:
    """Fill each empty bin from the first filled one in that bin's own fixed order of the others.

    The order is the same for all texts, so that equal sets of pieces still give equal signatures.
    """
    probes = np.random.default_rng(0).permuted(np.tile(np.arange(N_HASHES), (N_HASHES, 1)), axis=1)
    given = np.ascontiguousarray(signatures.T)  # bin by bin: what is gathered lies together in memory
    dense = given.copy()
    for filled, order, values in zip(dense, probes, given, strict=True):
        rows = np.flatnonzero(values == EMPTY)
        for other in order:
            found = given[other, rows]
            filled[rows] = found
            rows = rows[found == EMPTY]
            if not len(rows):
                break
    return np.ascontiguousarray(dense.T)


def _similar_pairs(signatures: UInt32[np.ndarray, "n hashes"]) -> Edges:
    """Return pairs of rows that agree in ``SIMILAR`` of their hashes, enough of them to join each group."""
    edges = [np.empty((2, 0), int)]
    for band in np.split(signatures, N_BANDS, axis=1):
        key = np.zeros(len(band), np.uint64)
        for column in band.T:
            key = _mixed(key * np.uint64(0x100000001B3) + column)
        for pairs in _bucket_pairs(key):
            agree = (signatures[pairs[0]] == signatures[pairs[1]]).mean(axis=1)
            edges.append(pairs[:, agree >= SIMILAR])
    return np.concatenate(edges, axis=1)


def _bucket_pairs(key: UInt64[np.ndarray, " n"]) -> Iterator[Edges]:
    """Yield each row paired with the one before it, and with the first, among those of the same key.

    All pairs of a bucket would be its square; a chain and a star join a group just as well.
    """
    order = np.argsort(key, kind="stable")
    same = np.concatenate([[False], key[order][1:] == key[order][:-1]])
    first = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    inside = np.flatnonzero(same)
    yield np.stack([order[inside], order[inside - 1]])
    yield np.stack([order[inside], order[first[inside]]])


# --- images -----------------------------------------------------------------------------------------


def image_groups(images: Images) -> Groups:
    """Return a number for each image, the same for near-duplicates (and for near-duplicates of those)."""
    thumbnails = _thumbnails(images)
    coarse = adaptive_avg_pool2d(torch.from_numpy(thumbnails).mean(dim=1), 8).flatten(1)
    bits = (coarse > coarse.mean(dim=1, keepdim=True)).numpy()
    flat = thumbnails.reshape(len(images), -1)
    return _components(len(images), _neighbour_pairs(flat, bits))


def _thumbnails(images: Images) -> Float[np.ndarray, "n channels side side"]:
    small = []
    for _, alike in itertools.groupby(images, key=np.shape):
        pixels = torch.from_numpy(np.stack(list(alike))).movedim(-1, 1)
        for some in pixels.split(AT_A_TIME):
            small.append(interpolate(some.float(), (THUMBNAIL, THUMBNAIL), mode="bilinear", antialias=True))
    return torch.cat(small).numpy()


def _neighbour_pairs(flat: Float[np.ndarray, "n values"], bits: Bool[np.ndarray, "n 64"]) -> Edges:
    """Return pairs of thumbnails that look the same, among neighbours in rotations of the hash.

    Neither the means nor the contrasts of two thumbnails can differ by more than their values do (root
    mean square), so most pairs are told apart by two numbers each.
    """
    brightness, contrast = flat.mean(axis=1), flat.std(axis=1)
    edges = [np.empty((2, 0), int)]
    for turn in range(0, 64, 16):
        order = np.lexsort(np.packbits(np.roll(bits, turn, axis=1), axis=1).T[::-1])
        for step in range(1, NEIGHBOURS + 1):
            pairs = np.stack([order[step:], order[:-step]])
            allowed = DIFFERENT * contrast[pairs].min(axis=0)
            apart = np.maximum(abs(np.diff(brightness[pairs], axis=0)), abs(np.diff(contrast[pairs], axis=0)))
            pairs, allowed = pairs[:, apart[0] <= allowed], allowed[apart[0] <= allowed]
            difference = np.sqrt(((flat[pairs[0]] - flat[pairs[1]]) ** 2).mean(axis=1))
            edges.append(pairs[:, difference <= allowed])
    return np.concatenate(edges, axis=1)


# --- both -------------------------------------------------------------------------------------------


def joined(*groupings: Groups) -> Groups:
    """Return the groups of those that any of the groupings puts together, directly or through others."""
    n = len(groupings[0])
    edges = [np.empty((2, 0), int)]
    for groups in groupings:
        _, first, place = np.unique(groups, return_index=True, return_inverse=True)
        edges.append(np.stack([np.arange(n), first[place]]))
    return _components(n, np.concatenate(edges, axis=1))


def _components(n: int, edges: Edges) -> Groups:
    """Return the connected component of each of ``n`` nodes."""
    graph = coo_array((np.ones(edges.shape[1], bool), (edges[0], edges[1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], int)
