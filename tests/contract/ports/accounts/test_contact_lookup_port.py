"""Contract of ContactLookup, on every adapter."""

from orders_adapters.testing.accounts.contact_lookup import ContactLookupTests


class TestContactLookup(ContactLookupTests):
    pass
