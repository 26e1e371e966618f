"""Contracts of the ports of accounts, on every adapter."""
