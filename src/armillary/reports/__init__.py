"""Anything Armillary made, as one self-contained HTML page."""
