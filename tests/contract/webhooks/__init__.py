"""Webhooks over HTTP: signatures, receivers that misbehave, and workers that are killed."""
