"""Webhooks without a network: targets, schedule, signatures and use cases."""
