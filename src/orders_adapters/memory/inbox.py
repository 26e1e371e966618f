"""In-memory inbox of one unit of work, staged until commit."""

from datetime import datetime

from orders_adapters.memory.store import InMemoryStore
from orders_domain.ports.inbox import Inbox, InboxCleanup


class InMemoryInbox(Inbox):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._recorded: dict[tuple[str, str], datetime] = {}

    def record(self, message_id: str, *, scope: str, at: datetime) -> bool:
        key = scope, message_id
        if key in self._recorded or key in self._store.inbox:
            return False
        self._recorded[key] = at
        return True

    def merge(self) -> None:
        """Copy the staged messages to the store. The caller must hold ``store.read_lock``."""
        self._store.inbox |= self._recorded


class InMemoryInboxCleanup(InboxCleanup):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def prune(self, *, recorded_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [key for key, at in self._store.inbox.items() if at < recorded_before][:limit]
            for key in old:
                del self._store.inbox[key]
            return len(old)
