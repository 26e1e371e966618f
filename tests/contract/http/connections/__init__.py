"""Tests of connections, bodies and their limits."""
