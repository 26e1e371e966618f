"""Adapters that need no other service: clock, ids, local shipments and log notifications."""
