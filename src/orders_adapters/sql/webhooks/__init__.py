"""Webhooks in the database: endpoints, and the queue of deliveries."""
