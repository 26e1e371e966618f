"""Contracts of the ports of webhooks."""
