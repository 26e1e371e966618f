"""Suites of the ports of accounts: users, passwords, tokens that are revoked, and rate limits."""
