"""Layers that more than one family uses: normalization, positions, attention, feed-forward, embedding."""
