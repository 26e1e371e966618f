"""Use cases about users and their tokens."""
