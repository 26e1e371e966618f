"""Contracts of the ports of messages, on every adapter and broker."""
