"""Tests of access rules: they depend on the order's origin, not on the contract of the request."""
