"""What training takes of machines: FLOP, memory, layouts, step time, energy, money."""
