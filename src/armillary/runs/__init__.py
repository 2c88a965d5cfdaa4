"""A run on disk: the seam between the half that trains and the half that reasons.  No torch here."""
