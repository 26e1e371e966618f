"""Formats of messages and snapshots, shared by the technologies."""
