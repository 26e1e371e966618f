"""The users' e-mail addresses."""

from orders_adapters.memory.store import Store


class Addresses:
    """Who has no account with an address has the subject's own, where that is one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, user_id: str) -> str | None:
        with self._store.reading:
            account = self._store.users.get(user_id)
        if account is not None:
            return account.email
        return user_id if "@" in user_id else None
