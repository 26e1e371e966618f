"""Ports of accounts: users, passwords, tokens, revocation and rate limits."""
