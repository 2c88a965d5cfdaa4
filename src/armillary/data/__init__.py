"""Raw examples, tokenizers, images, and the order in which batches come."""
