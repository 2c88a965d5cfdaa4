"""What ``audit`` reads and prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.core.errors import RequestError

if TYPE_CHECKING:
    from armillary.cli.facts import AuditFacts, CheckFacts, ClaimFacts
    from armillary.scaling.audit.audit import AuditResult, Check, ClaimAudit


def read_subject(subject: str) -> str:
    """Return the text to audit: ``subject`` itself, standard input for -, or the file that it names."""
    if subject == "-":
        return sys.stdin.read()
    try:
        path = Path(subject)
        return path.read_text(encoding="utf-8") if path.is_file() else subject
    except UnicodeDecodeError as error:
        raise RequestError(f"{subject} is no UTF-8 text; give a text file, the claim itself or -") from error
    except (OSError, ValueError):  # too long or too odd for a file's name: it is the claim
        return subject


def audit_facts(result: AuditResult) -> AuditFacts:
    """Return an audit as plain values under stable names."""
    return {
        "language": result.language,
        "verdict": result.verdict,
        "utilisation": asdict(result.utilisation),
        "claims": [_claim_facts(claim) for claim in result.claims],
    }


def audit_text(result: AuditResult) -> str:
    """Return an audit as lines for a reader: the verdict, the arithmetic, the sources."""
    return "\n\n".join("\n".join(_claim_lines(claim)) for claim in result.claims)


def _claim_facts(claim: ClaimAudit) -> ClaimFacts:
    return {
        "text": claim.claim.text,
        "model": claim.claim.model or None,
        "hardware": claim.claim.hardware or None,
        "verdict": claim.verdict,
        "summary": claim.summary,
        "checks": [_check_facts(check) for check in claim.checks],
        "notes": list(claim.notes),
        "sources": [asdict(source) for source in claim.sources],
    }


def _check_facts(check: Check) -> CheckFacts:
    quantity, expected = check.quantity, check.expectation
    return {
        "kind": quantity.kind,
        "text": quantity.text,
        "unit": quantity.unit,
        "base_per_unit": quantity.factor,
        "value": quantity.value,
        "low": quantity.low,
        "high": quantity.high,
        "expected_low": expected.low,
        "expected_high": expected.high,
        "possible_low": expected.possible_low,
        "possible_high": expected.possible_high,
        "record": expected.record,
        "verdict": check.verdict,
        "factor": check.factor,
        "implied_utilisation": check.utilisation,
        "arithmetic": list(check.lines),
        "summary": check.summary,
        "plausible_if": [asdict(reading) for reading in check.readings],
    }


def _claim_lines(claim: ClaimAudit) -> list[str]:
    name = claim.claim.model
    lines = [f"{name}: {claim.summary}" if name else claim.summary]
    told = [check for check in claim.checks if check.verdict != "given"]
    for check in told:
        if len(told) > 1:
            lines.append(f"  {check.summary}")
        lines += [f"    {line}" for line in check.lines]
    lines += [f"  {note}" for note in claim.notes]
    return lines + [f"  {s.model} {s.quantity} = {s.value:g} [{s.source}]" for s in claim.sources]
