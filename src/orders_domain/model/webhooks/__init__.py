"""Webhooks: endpoints of receivers, and the deliveries of events to them."""
