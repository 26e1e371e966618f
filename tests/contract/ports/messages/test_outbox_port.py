"""Contract of Outbox, on every adapter."""

from orders_adapters.testing.outbox import OutboxTests


class TestOutbox(OutboxTests):
    pass
