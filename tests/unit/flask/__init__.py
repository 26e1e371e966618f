"""The pure parts of the Flask layer: no network."""
