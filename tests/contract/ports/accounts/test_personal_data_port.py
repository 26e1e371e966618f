"""Contract of PersonalDataStore, on every adapter."""

from orders_adapters.testing.accounts.personal_data import PersonalDataStoreTests


class TestPersonalDataStore(PersonalDataStoreTests):
    pass
