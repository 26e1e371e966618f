"""Formats of messages and order snapshots, shared by the adapters."""
