"""E-mail addresses of the users' accounts."""

from orders_adapters.memory.store import Store


class Addresses:
    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, user_id: str) -> str | None:
        with self._store.reading:
            account = self._store.users.get(user_id)
        return account.email if account else None
