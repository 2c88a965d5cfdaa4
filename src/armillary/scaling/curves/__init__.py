"""One-dimensional curves: read, fitted by many laws, extrapolated."""
