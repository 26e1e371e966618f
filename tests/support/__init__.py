"""Shared test support: servers, examples, builders, clients, and use cases bound to a store."""
