"""The JSON objects of verbs that make something of a finished run; see ``cli.facts``."""

from __future__ import annotations

from typing import TypedDict

from armillary.compression import Cost
from armillary.runs.explained import Explanation, Ranking


class ExplainFacts(TypedDict):
    """Why a run answers an input as it does, by one method or several."""

    run: str  # as it was named
    explanations: list[Explanation]  # in the order the methods were asked for
    report: str | None  # the HTML page; null: without --out


class RankFacts(TypedDict):
    """How methods of explanation fare on a run."""

    run: str  # as it was named
    ranking: Ranking


class QuantizeFacts(TypedDict):
    """A run in few bits, once or in several schemes."""

    run: str  # as it was named
    made: list[Cost]  # in the order asked for; with --target the one that was kept
    discarded: list[Cost]  # with --target those that were tried before and deleted; else empty
