"""Ports of events that others read from the store."""
