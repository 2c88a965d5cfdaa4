"""What every other package may use: configuration, registries, errors, units, atomic files, hardware."""
