"""Contracts of the ports of notifications."""
