"""Contract of UserRepository: one account per user, one user per e-mail address."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from orders_adapters.testing.examples import ADA, NOON
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Role
from orders_domain.errors import EmailTaken, LastAdministrator, UserExists, UserNotFound
from orders_domain.model.accounts.user import User

LATER = NOON + timedelta(hours=1)


def ann(**others: Any) -> User:
    return replace(User(id="ann", email="ann@example.com", password_hash="$hash of ann", created_at=NOON), **others)


ROOT = ann(id="root", email="root@example.com", role=Role.ADMIN, scopes=frozenset({"orders:write", "a:b"}))


class UserRepositoryTests:
    """Promises of ``UserRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.mark.parametrize(
        "user", [ann(), ROOT, ann(disabled_at=LATER, language="de-AT"), ann(id="x" * 255, email=f"ä'%_@{'e' * 240}.de")]
    )
    def test_account_is_read_as_added(self, store: StoreHarness, user: User) -> None:
        store.users.add(user)

        assert store.users.get(user.id) == store.users.by_email(user.email) == user

    def test_user_without_account_is_not_found(self, store: StoreHarness) -> None:
        store.placed(by=ADA)  # a user created from a token
        store.users.add(ann())

        for unknown in ("ada", "bob", "ann@example.com"):
            with pytest.raises(UserNotFound):
                store.users.get(unknown)
            with pytest.raises(UserNotFound):
                store.users.set_disabled(unknown, at=NOON)
            with pytest.raises(UserNotFound):
                store.users.set_language(unknown, "de")
            with pytest.raises(UserNotFound):
                store.users.change_password(unknown, "hash")
            with pytest.raises(UserNotFound):
                store.users.change_password(unknown, "hash", instead_of="hash")
        for unknown in ("", "ann", "bob@example.com", "ann@example.co", "%"):
            with pytest.raises(UserNotFound):
                store.users.by_email(unknown)

    def test_duplicate_email_is_rejected(self, store: StoreHarness) -> None:
        store.users.add(ann())

        with pytest.raises(EmailTaken):
            store.users.add(ann(id="bob"))

        with pytest.raises(UserNotFound):
            store.users.get("bob")

    def test_second_account_of_user_is_rejected(self, store: StoreHarness) -> None:
        store.users.add(ann())

        with pytest.raises(UserExists):
            store.users.add(ann(email="other@example.com", password_hash="of a thief"))

        assert store.users.get("ann") == ann()

    def test_user_from_token_gets_an_account(self, store: StoreHarness) -> None:
        order = store.placed(by=ADA)

        store.users.add(ann(id="ada"))

        assert store.users.get("ada").email == "ann@example.com"
        assert store.queries.get(order.id) == order

    def test_concurrent_adds_of_email_succeed_once(self, store: StoreHarness) -> None:
        for attempt in range(5):
            accounts = [ann(id=f"{attempt}-{number}", email=f"{attempt}@example.com") for number in range(12)]
            results = at_once(*(partial(store.users.add, user) for user in accounts))

            assert sorted(type(result).__name__ for result in results) == ["EmailTaken"] * 11 + ["NoneType"]

    def test_accounts_are_paged_by_email(self, store: StoreHarness) -> None:
        store.placed(by=ADA)
        for name in ("c", "a", "e", "b", "d"):
            store.users.add(ann(id=name, email=f"{name}@example.com"))

        pages, after = [], ""
        while page := store.users.list_page(after=after, limit=2):
            pages.append([user.id for user in page])
            after = page[-1].email

        assert pages == [["a", "b"], ["c", "d"], ["e"]]

    def test_account_is_disabled_and_enabled(self, store: StoreHarness) -> None:
        store.users.add(ann())
        store.users.add(ROOT)

        store.users.set_disabled("ann", at=LATER)
        assert store.users.get("ann") == ann(disabled_at=LATER)
        store.users.set_disabled("ann", at=None)

        assert store.users.get("ann") == ann()
        assert store.users.get("root") == ROOT

    def test_last_administrator_remains(self, store: StoreHarness) -> None:
        store.users.add(ann())
        store.users.add(ann(id="demo", email="demo@example.com", role=Role.ADMIN, demo=True))
        store.users.add(ann(id="away", email="away@example.com", role=Role.ADMIN, disabled_at=NOON))
        roots = [replace(ROOT, id=f"root-{number}", email=f"root-{number}@example.com") for number in range(4)]
        for root in roots:
            store.users.add(root)

        results = at_once(*[partial(store.users.disable_replaceable, root.id, at=LATER) for root in roots])
        store.users.disable_replaceable("ann", at=LATER)
        store.users.disable_replaceable("away", at=LATER)

        assert [type(result) for result in results if result] == [LastAdministrator]
        assert sum(store.users.get(root.id).disabled for root in roots) == 3
        with pytest.raises(UserNotFound):
            store.users.disable_replaceable("bob", at=LATER)

    def test_language_changes_for_one_account(self, store: StoreHarness) -> None:
        store.users.add(ann())
        store.users.add(ROOT)

        store.users.set_language("ann", "de")
        assert store.users.get("ann") == ann(language="de")
        store.users.set_language("ann", None)

        assert store.users.get("ann") == ann()
        assert store.users.get("root") == ROOT

    def test_password_changes_for_one_account(self, store: StoreHarness) -> None:
        store.users.add(ann())
        store.users.add(ROOT)

        store.users.change_password("ann", "$another")

        assert store.users.get("ann") == ann(password_hash="$another")
        assert store.users.get("root") == ROOT

    def test_hash_is_replaced_only_if_current(self, store: StoreHarness) -> None:
        store.users.add(ann())

        store.users.change_password("ann", "$late", instead_of="$of long ago")
        assert store.users.get("ann") == ann()
        store.users.change_password("ann", "$new", instead_of="$hash of ann")

        assert store.users.get("ann") == ann(password_hash="$new")
