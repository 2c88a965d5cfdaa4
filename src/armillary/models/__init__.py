"""The families of models, each in a package of its own; layers that they share in layers/."""
