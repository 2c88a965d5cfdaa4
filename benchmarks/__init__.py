"""Claims of speed: Armillary and its peers side by side in one run, on equal work, as ratios."""
