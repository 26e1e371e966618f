"""Fault injection: processes killed, servers stopped and frozen; no event lost, no order duplicated, no stale read."""
