"""Use cases about orders."""
