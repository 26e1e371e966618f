"""Contract of EmailLookup: the e-mail address of a user's account."""

import pytest

from orders_adapters.testing.examples import NOON
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Actor
from orders_domain.model.accounts.user import User


class EmailLookupTests:
    """Promises of ``EmailLookup``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_account_returns_its_email(self, store: StoreHarness) -> None:
        store.users.add(User(id="ann", email="ann@example.com", password_hash="$hash", created_at=NOON))
        store.users.add(User(id="bob@home", email="bob@example.com", password_hash="$hash", created_at=NOON))

        assert [store.addresses(user_id) for user_id in ("ann", "bob@home")] == ["ann@example.com", "bob@example.com"]

    @pytest.mark.parametrize("user_id", ["ann", "ann@example.com", ""])
    def test_user_without_account_has_no_email(self, store: StoreHarness, user_id: str) -> None:
        assert store.addresses(user_id) is None

    def test_user_from_token_has_no_email(self, store: StoreHarness) -> None:
        for name in ("ann", "ann@example.com"):
            store.placed(by=Actor(subject=name))

        assert [store.addresses(name) for name in ("ann", "ann@example.com")] == [None, None]
