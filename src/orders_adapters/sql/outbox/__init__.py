"""Outbox: repository, shard locks and the wake-up of relays."""
