"""Parametric curves and their uncertainty.  No torch here."""
