"""Ports of webhooks."""
