"""Tests of the ports of external services."""
