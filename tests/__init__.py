"""The tests: unit (no network, seconds), contract (promises, on real servers too), parts (those servers)."""
