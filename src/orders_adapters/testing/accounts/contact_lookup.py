"""Contract of ContactLookup: the e-mail address and the language of a user's account."""

import pytest

from orders_adapters.testing.examples import NOON
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Actor
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.accounts.user import User


class ContactLookupTests:
    """Promises of ``ContactLookup``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_account_returns_its_contact(self, store: StoreHarness) -> None:
        ann = User(id="ann", email="ann@example.com", password_hash="$hash", created_at=NOON, language="de-AT")
        bob = User(id="bob@home", email="bob@example.com", password_hash="$hash", created_at=NOON)
        for account in (ann, bob):
            store.users.add(account)

        assert store.contacts("ann") == Contact(email="ann@example.com", language="de-AT")
        assert store.contacts("bob@home") == Contact(email="bob@example.com")

    @pytest.mark.parametrize("user_id", ["ann", "ann@example.com", ""])
    def test_user_without_account_has_no_contact(self, store: StoreHarness, user_id: str) -> None:
        assert store.contacts(user_id) == NO_CONTACT

    def test_user_from_token_has_no_contact(self, store: StoreHarness) -> None:
        for name in ("ann", "ann@example.com"):
            store.placed(by=Actor(subject=name))

        assert [store.contacts(name) for name in ("ann", "ann@example.com")] == [NO_CONTACT] * 2
