"""Loops around use cases."""
