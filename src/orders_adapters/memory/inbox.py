"""The messages of one unit of work, staged until it commits."""

from datetime import datetime

from orders_adapters.memory.store import Store


class Inbox:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: dict[tuple[str, str], datetime] = {}

    def note(self, message_id: str, *, scope: str, at: datetime) -> bool:
        place = scope, message_id
        if place in self._noted or place in self._store.inbox:
            return False
        self._noted[place] = at
        return True

    def merge(self) -> None:
        """Make the staged notes those of the store; ``store.reading`` is held."""
        self._store.inbox |= self._noted


class NotedMessages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def prune(self, *, noted_before: datetime, limit: int = 1_000) -> int:
        with self._store.reading:
            old = [place for place, at in self._store.inbox.items() if at < noted_before][:limit]
            for place in old:
                del self._store.inbox[place]
            return len(old)
