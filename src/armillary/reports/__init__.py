"""Anything Armillary made, as one self-contained HTML page."""

from armillary.reports.subject import report, report_comparison

__all__ = ["report", "report_comparison"]
