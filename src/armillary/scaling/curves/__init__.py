"""One-dimensional curves y(x): read, extrapolated by a blend of laws, with intervals."""
