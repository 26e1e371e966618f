"""Contract of IdempotencyKeys, on every adapter."""

from orders_adapters.testing.idempotency_keys import IdempotencyKeysTests


class TestIdempotencyKeys(IdempotencyKeysTests):
    pass
