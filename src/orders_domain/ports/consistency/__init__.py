"""Ports for the consistency of the store."""
