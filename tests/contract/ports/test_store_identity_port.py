"""Contract of StoreIdentity, on every adapter."""

from orders_adapters.testing.store_identity import StoreIdentityTests


class TestStoreIdentity(StoreIdentityTests):
    pass
