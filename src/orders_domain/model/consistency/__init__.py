"""Consistency of the store: findings, and the result of their repair."""
