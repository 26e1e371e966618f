"""Contracts of the ports of webhooks, on every adapter."""
