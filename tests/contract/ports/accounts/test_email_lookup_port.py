"""Contract of EmailLookup, on every adapter."""

from orders_adapters.testing.accounts.email_lookup import EmailLookupTests


class TestEmailLookup(EmailLookupTests):
    pass
