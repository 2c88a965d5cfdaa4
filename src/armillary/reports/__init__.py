"""Anything Armillary made, as one self-contained HTML page."""

from armillary.reports.subject import report

__all__ = ["report"]
