"""Pairs of made-up sentences, none like another, for tests of sources."""

import random

SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
SIGNS = [chr(code) for code in range(0x4E00, 0x5200)]


def words(rng, n):
    return " ".join("".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(n))


def signs(rng, n):
    return "".join(rng.choices(SIGNS, k=n))


def pairs(n, seed=0):
    """Return n pairs (words, Chinese signs) as tuples, two signs for each of 4 to 12 words."""
    rng = random.Random(seed)
    lengths = [rng.randint(4, 12) for _ in range(n)]
    return [(words(rng, length), signs(rng, 2 * length)) for length in lengths]
