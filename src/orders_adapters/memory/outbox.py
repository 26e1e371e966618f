"""In-memory outbox."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.ports.outbox import MAX_CACHE_AGE, Outbox, OutboxBacklog, OutboxMessage, OutboxState, ShardClaim

_OPEN = (OutboxState.WAITING, OutboxState.PUBLISHED)
_SHARD = 0


class InMemoryOutbox(Outbox):
    """Has one shard, because all relays are in one process."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def due_shards(self, now: datetime) -> Sequence[int]:
        return [_SHARD] if self._due(now, limit=1) else []

    @contextmanager
    def claim(self, *shards: int, now: datetime, limit: int) -> Iterator["InMemoryShardClaim | None"]:
        if not self._store.relay_lock.acquire(blocking=False):
            yield None
            return
        claim = InMemoryShardClaim(self._due(now, limit=limit))
        try:
            yield claim
        finally:
            with self._store.read_lock:
                self._store.outbox |= claim.states
            self._store.relay_lock.release()

    def select(self, *, states: frozenset[OutboxState], limit: int = 100) -> Sequence[OutboxMessage]:
        with self._store.read_lock:
            return deepcopy([message for message in self._store.outbox.values() if message.state in states][:limit])

    def backlog(self) -> OutboxBacklog:
        waiting = self.select(states=frozenset({OutboxState.WAITING}), limit=sys.maxsize)
        parked = self.select(states=frozenset({OutboxState.PARKED}), limit=sys.maxsize)
        oldest = min((message.event.at for message in (*waiting, *parked)), default=None)
        return OutboxBacklog(waiting=len(waiting), parked=len(parked), oldest=oldest)

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        with self._store.read_lock:
            outbox = self._store.outbox
            messages = [outbox[event_id] for event_id in dict.fromkeys(event_ids) if event_id in outbox]
            parked_or_sent = [message for message in messages if message.state not in _OPEN]
            for message in parked_or_sent:
                outbox[message.event.id] = replace(message, state=OutboxState.WAITING, attempts=0, due_at=now)
            return len(parked_or_sent)

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            outbox = self._store.outbox
            sent = [message for message in outbox.values() if message.state is OutboxState.SENT]
            old = [message for message in sent if message.event.at < sent_before]
            for message in old[:limit]:
                del outbox[message.event.id]
            return len(old[:limit])

    def _due(self, now: datetime, *, limit: int) -> list[OutboxMessage]:
        """Return the messages to publish, then those that need only an invalidation of the cache."""
        publishable: list[OutboxMessage] = []
        to_invalidate: list[OutboxMessage] = []
        blocked: set[UUID] = set()
        rejected: set[UUID] = set()
        with self._store.read_lock:
            unsent = [message for message in self._store.outbox.values() if message.state is not OutboxState.SENT]
        for message in unsent:
            order_id = message.event.order_id
            if message.state is OutboxState.PUBLISHED:
                to_invalidate += [message] if message.due_at <= now else []
            elif message.state is OutboxState.PARKED or message.due_at > now or order_id in blocked:
                blocked.add(order_id)
                rejected |= {order_id} if message.attempts else set()
                if order_id in rejected and message.event.at > now - MAX_CACHE_AGE:
                    to_invalidate.append(replace(message, blocked=True))
            else:
                publishable.append(message)
        return deepcopy([*publishable[:limit], *to_invalidate[:limit]])


class InMemoryShardClaim(ShardClaim):
    def __init__(self, messages: Sequence[OutboxMessage]) -> None:
        self._messages = messages
        self.states: dict[UUID, OutboxMessage] = {}

    @property
    def messages(self) -> Sequence[OutboxMessage]:
        return self._messages

    def set_state(
        self, event_id: UUID, *, state: OutboxState, due_at: datetime, attempts: int, last_error: str | None = None
    ) -> None:
        message = next(message for message in self.messages if message.event.id == event_id)
        self.states[event_id] = replace(message, state=state, due_at=due_at, attempts=attempts, last_error=last_error)
