"""Webhooks in memory: endpoints, and the queue of deliveries."""
