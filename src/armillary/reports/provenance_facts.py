"""Where runs and files came from, in words: machine, versions, code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from armillary.reports.words import Words


def file_facts(record: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """Return (name, value) pairs about where and when a file was written; empty when it does not say."""
    if not record:
        return []
    return [
        (words("provenance.written"), record["created"]),
        (words("provenance.versions"), _versions(record)),
        (words("provenance.code"), record["code"]),
        (words("provenance.platform"), record["platform"]),
    ]


def provenance_facts(records: Sequence[Mapping[str, Any]], words: Words) -> list[tuple[str, str]]:
    """Return (name, value) pairs about runs; what differs between them is listed whole."""
    if not records:
        return []
    facts = [
        ("processor", _joined(f"{r['processor']}, {r['n_cores']}" for r in records)),
        ("platform", _joined(r["platform"] for r in records)),
        ("versions", _joined(_versions(r) for r in records)),
        ("code", _joined(r["code"] for r in records)),
        ("seed", _joined(str(r["seed"]) for r in records)),
        ("created", _span([r["created"] for r in records])),
    ]
    return [(words(f"provenance.{name}"), value) for name, value in facts]


def _versions(record: Mapping[str, Any]) -> str:
    packages = {"armillary": record["armillary"], "python": record["python"]} | dict(record["packages"])
    return ", ".join(f"{name} {version}" for name, version in packages.items() if version)


def _joined(values: Any) -> str:
    return "; ".join(dict.fromkeys(values))


def _span(times: Sequence[str]) -> str:
    first, last = min(times), max(times)
    return first if first == last else f"{first} – {last}"
