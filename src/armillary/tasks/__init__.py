"""What is learnt and how it is judged, one file per task."""
