"""Suites of the ports of an order's life."""
