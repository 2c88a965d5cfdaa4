"""Anything Armillary made, as one self-contained HTML page."""

from armillary.reports.subject import report, report_comparison, report_explanations

__all__ = ["report", "report_comparison", "report_explanations"]
