"""Contract of UserRepository: one account per user, one user per e-mail address."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from orders_domain import Role
from orders_domain.errors import EmailTaken, UserExists, UserNotFound
from orders_domain.model.user import User
from tests.support.examples import ADA, NOON
from tests.support.stores import Shop
from tests.support.threads import at_once

LATER = NOON + timedelta(hours=1)


def ann(**others: Any) -> User:
    return replace(User(id="ann", email="ann@example.com", password_hash="$hash of ann", created_at=NOON), **others)


ROOT = ann(id="root", email="root@example.com", role=Role.ADMIN, scopes=frozenset({"orders:write", "a:b"}))


@pytest.mark.parametrize("user", [ann(), ROOT, ann(disabled_at=LATER), ann(id="x" * 255, email=f"ä'%_@{'e' * 240}.de")])
def test_account_is_read_as_added(shop: Shop, user: User) -> None:
    shop.users.add(user)

    assert shop.users.get(user.id) == shop.users.by_email(user.email) == user


def test_user_without_account_is_not_found(shop: Shop) -> None:
    shop.placed(by=ADA)  # a user created from a token
    shop.users.add(ann())

    for unknown in ("ada", "bob", "ann@example.com"):
        with pytest.raises(UserNotFound):
            shop.users.get(unknown)
        with pytest.raises(UserNotFound):
            shop.users.set_disabled(unknown, at=NOON)
        with pytest.raises(UserNotFound):
            shop.users.change_password(unknown, "hash")
        with pytest.raises(UserNotFound):
            shop.users.change_password(unknown, "hash", instead_of="hash")
    for unknown in ("", "ann", "bob@example.com", "ann@example.co", "%"):
        with pytest.raises(UserNotFound):
            shop.users.by_email(unknown)


def test_duplicate_email_is_rejected(shop: Shop) -> None:
    shop.users.add(ann())

    with pytest.raises(EmailTaken):
        shop.users.add(ann(id="bob"))

    with pytest.raises(UserNotFound):
        shop.users.get("bob")


def test_second_account_of_user_is_rejected(shop: Shop) -> None:
    shop.users.add(ann())

    with pytest.raises(UserExists):
        shop.users.add(ann(email="other@example.com", password_hash="of a thief"))

    assert shop.users.get("ann") == ann()


def test_user_from_token_gets_an_account(shop: Shop) -> None:
    order = shop.placed(by=ADA)

    shop.users.add(ann(id="ada"))

    assert shop.users.get("ada").email == "ann@example.com"
    assert shop.queries.get(order.id) == order


def test_concurrent_adds_of_email_succeed_once(shop: Shop) -> None:
    for attempt in range(5):
        accounts = [ann(id=f"{attempt}-{number}", email=f"{attempt}@example.com") for number in range(12)]
        results = at_once(*(partial(shop.users.add, user) for user in accounts))

        assert sorted(type(result).__name__ for result in results) == ["EmailTaken"] * 11 + ["NoneType"]


def test_accounts_are_paged_by_email(shop: Shop) -> None:
    shop.placed(by=ADA)
    for name in ("c", "a", "e", "b", "d"):
        shop.users.add(ann(id=name, email=f"{name}@example.com"))

    pages, after = [], ""
    while page := shop.users.list_page(after=after, limit=2):
        pages.append([user.id for user in page])
        after = page[-1].email

    assert pages == [["a", "b"], ["c", "d"], ["e"]]


def test_account_is_disabled_and_enabled(shop: Shop) -> None:
    shop.users.add(ann())
    shop.users.add(ROOT)

    shop.users.set_disabled("ann", at=LATER)
    assert shop.users.get("ann") == ann(disabled_at=LATER)
    shop.users.set_disabled("ann", at=None)

    assert shop.users.get("ann") == ann()
    assert shop.users.get("root") == ROOT


def test_password_changes_for_one_account(shop: Shop) -> None:
    shop.users.add(ann())
    shop.users.add(ROOT)

    shop.users.change_password("ann", "$another")

    assert shop.users.get("ann") == ann(password_hash="$another")
    assert shop.users.get("root") == ROOT


def test_hash_is_replaced_only_if_current(shop: Shop) -> None:
    shop.users.add(ann())

    shop.users.change_password("ann", "$late", instead_of="$of long ago")
    assert shop.users.get("ann") == ann()
    shop.users.change_password("ann", "$new", instead_of="$hash of ann")

    assert shop.users.get("ann") == ann(password_hash="$new")
