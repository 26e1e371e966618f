"""In-memory e-mail lookup in the accounts of the users."""

from orders_adapters.memory.store import InMemoryStore


class InMemoryEmailLookup:
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def __call__(self, user_id: str) -> str | None:
        with self._store.read_lock:
            account = self._store.users.get(user_id)
        return account.email if account else None
