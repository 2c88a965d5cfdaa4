"""How loss falls with size, data and compute, and what that says about the next model."""
