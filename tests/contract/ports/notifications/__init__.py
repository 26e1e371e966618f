"""Contracts of the ports of notifications, on every adapter."""
