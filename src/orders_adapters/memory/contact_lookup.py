"""In-memory contact lookup in the accounts of the users."""

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.accounts.contact import NO_CONTACT, Contact


class InMemoryContactLookup:
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def __call__(self, user_id: str) -> Contact:
        with self._store.read_lock:
            account = self._store.users.get(user_id)
        return Contact(email=account.email, language=account.language) if account else NO_CONTACT
