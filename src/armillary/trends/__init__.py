"""The history of AI models, hardware, algorithms and demand, and where it leads."""
