"""Numbers, addresses and options that a translation takes over as they are, and other ones in their place.

A small corpus has few of them, and a model learns those by heart instead of learning to copy.  So some
training pairs get others: wherever both sides hold the same span, both get the same new one of its form,
and a span of a random form is appended to both sides of some.  (Currey, Miceli Barone & Heafield 2017
teach copying by whole copied sentences; Song et al. 2019 by words exchanged on both sides.)
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from armillary.data.base import TextPair

WORD = r"[A-Za-z0-9_~%+-]+"
SPAN = re.compile(
    rf"(?:https?|ftp)://{WORD}(?:[./?=&:#]+{WORD})*/?"
    rf"|www\.{WORD}(?:[./?=&:#]+{WORD})*"
    rf"|{WORD}(?:\.{WORD})*@{WORD}(?:\.{WORD})+"
    r"|\d+(?:[.,:/-]\d+)*"
)
APPENDED = 0.3  # share of varied pairs that get a span at their end

VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnprstvwz"
DOMAINS = ("com", "org", "net", "io", "cn", "de", "eu", "info")


def spans(text: str) -> list[str]:
    """Return the numbers, addresses of pages and of mailboxes in ``text``, in order."""
    return SPAN.findall(text)


def shared_spans(pair: TextPair) -> list[str]:
    """Return the spans that stand equally often on both sides, longest first."""
    left, right = Counter(spans(pair.source)), Counter(spans(pair.target))
    shared = [span for span, n in left.items() if right[span] == n]
    return sorted(shared, key=lambda span: (-len(span), span))


def varied(pair: TextPair, dice: random.Random) -> TextPair:
    """Return ``pair`` with other spans, the same ones on both sides."""
    new = {span: like(span, dice) for span in shared_spans(pair)}

    def exchanged(match: re.Match[str]) -> str:
        return new.get(match.group(), match.group())

    source, target = (SPAN.sub(exchanged, text) for text in (pair.source, pair.target))
    if dice.random() < APPENDED:
        span = dice.choice(FORMS)(dice)
        source, target = f"{source} {span}", f"{target} {span}"
    return replace(pair, source=source, target=target)


def like(span: str, dice: random.Random) -> str:
    """Return a random span of the form of ``span``: letters for letters, digits for digits."""
    if "://" in span or span.startswith("www.") or "@" in span:
        scheme, sign, rest = span.rpartition("://")
        return scheme + sign + re.sub(r"[A-Za-z]{3,}", lambda match: word(dice, len(match.group())), rest)
    return re.sub(r"\d+", lambda match: digits(dice, len(match.group())), span)


def digits(dice: random.Random, n: int) -> str:
    """Return a number of about ``n`` digits, its first not a zero unless it has one alone."""
    n = max(1, n + dice.choice((-1, 0, 0, 0, 1)))
    first = dice.choice("0123456789" if n == 1 else "123456789")
    return first + "".join(dice.choices("0123456789", k=n - 1))


def word(dice: random.Random, n: int) -> str:
    """Return ``n`` letters that can be spoken."""
    return "".join(dice.choice(VOWELS if i % 2 else CONSONANTS) for i in range(n))


def _address(dice: random.Random) -> str:
    host = ".".join(word(dice, dice.randint(2, 9)) for _ in range(dice.randint(1, 2)))
    path = "".join(
        f"/{word(dice, dice.randint(2, 8))}"
        if dice.random() < 0.7
        else f"/{digits(dice, dice.randint(1, 5))}"
        for _ in range(dice.randint(0, 3))
    )
    return f"{dice.choice(('https://', 'https://', 'http://', 'www.'))}{host}.{dice.choice(DOMAINS)}{path}"


def _mailbox(dice: random.Random) -> str:
    return f"{word(dice, dice.randint(3, 8))}@{word(dice, dice.randint(3, 9))}.{dice.choice(DOMAINS)}"


def _number(dice: random.Random) -> str:
    whole = digits(dice, dice.randint(1, 6))
    return whole if dice.random() < 0.6 else f"{whole}{dice.choice('.,:-')}{digits(dice, dice.randint(1, 3))}"


FORMS: tuple[Callable[[random.Random], str], ...] = (_address, _mailbox, _number)
