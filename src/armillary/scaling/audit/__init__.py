"""Claims about training, checked by arithmetic and against the record."""
