"""Actors, their tokens and users."""
