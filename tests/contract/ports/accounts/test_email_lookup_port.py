"""Contract of EmailLookup: the address of the account, or the user id if it is an address."""

import pytest

from orders_adapters.testing.examples import NOON
from orders_domain import Actor
from orders_domain.model.accounts.user import User
from tests.support.stores import Shop


def test_account_returns_its_email(shop: Shop) -> None:
    shop.users.add(User(id="ann", email="ann@example.com", password_hash="$hash", created_at=NOON))
    shop.users.add(User(id="bob@home", email="bob@example.com", password_hash="$hash", created_at=NOON))

    assert [shop.addresses(user_id) for user_id in ("ann", "bob@home")] == ["ann@example.com", "bob@example.com"]


@pytest.mark.parametrize("user_id", ["ann", "ann@example.com", ""])
def test_user_without_account_has_no_email(shop: Shop, user_id: str) -> None:
    assert shop.addresses(user_id) is None


def test_user_from_token_has_no_email(shop: Shop) -> None:
    for name in ("ann", "ann@example.com"):
        shop.placed(by=Actor(subject=name))

    assert [shop.addresses(name) for name in ("ann", "ann@example.com")] == [None, None]
