"""Decisions: which model, on what data, on what hardware, and which run to add next."""
