"""The messages of one unit of work, staged until it commits."""

from datetime import datetime

from orders_adapters.memory.store import InMemoryStore
from orders_domain.ports.inbox import Inbox, InboxCleanup


class InMemoryInbox(Inbox):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._recorded: dict[tuple[str, str], datetime] = {}

    def record(self, message_id: str, *, scope: str, at: datetime) -> bool:
        place = scope, message_id
        if place in self._recorded or place in self._store.inbox:
            return False
        self._recorded[place] = at
        return True

    def merge(self) -> None:
        """Make the staged notes those of the store; ``store.reading`` is held."""
        self._store.inbox |= self._recorded


class InMemoryInboxCleanup(InboxCleanup):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def prune(self, *, recorded_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [place for place, at in self._store.inbox.items() if at < recorded_before][:limit]
            for place in old:
                del self._store.inbox[place]
            return len(old)
