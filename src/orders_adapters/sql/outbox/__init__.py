"""The outbox: its repository, the locks of its shards and the wake-up of its relays."""
