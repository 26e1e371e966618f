"""Ports of the life of orders."""
