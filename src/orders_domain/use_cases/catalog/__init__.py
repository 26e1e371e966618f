"""Use cases about products and their stock."""
