"""The outbox of the memory store."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.ports.outbox import MAX_CACHE_AGE, Outbox, OutboxBacklog, OutboxMessage, OutboxState

_OPEN = (OutboxState.WAITING, OutboxState.PUBLISHED)
_THE_SHARD = 0


class InMemoryOutbox(Outbox):
    """One shard: one process needs no more."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def due_shards(self, now: datetime) -> Sequence[int]:
        return [_THE_SHARD] if self._due(now, limit=1) else []

    @contextmanager
    def claim(self, shard: int, *, now: datetime, limit: int) -> Iterator["InMemoryShardClaim | None"]:
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
            return deepcopy([one for one in self._store.outbox.values() if one.state in states][:limit])

    def backlog(self) -> OutboxBacklog:
        waiting = self.select(states=frozenset({OutboxState.WAITING}), limit=sys.maxsize)
        parked = self.select(states=frozenset({OutboxState.PARKED}), limit=sys.maxsize)
        oldest = min((one.event.at for one in (*waiting, *parked)), default=None)
        return OutboxBacklog(waiting=len(waiting), parked=len(parked), oldest=oldest)

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        with self._store.read_lock:
            outbox = self._store.outbox
            found = [outbox[one] for one in dict.fromkeys(event_ids) if one in outbox]
            parked_or_sent = [one for one in found if one.state not in _OPEN]
            for one in parked_or_sent:
                outbox[one.event.id] = replace(one, state=OutboxState.WAITING, attempts=0, due_at=now)
            return len(parked_or_sent)

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            outbox = self._store.outbox
            old = [one for one in outbox.values() if one.state is OutboxState.SENT and one.event.at < sent_before]
            for one in old[:limit]:
                del outbox[one.event.id]
            return len(old[:limit])

    def _due(self, now: datetime, *, limit: int) -> list[OutboxMessage]:
        """The events to be sent, then those that only the cache has to hear of."""
        sendable: list[OutboxMessage] = []
        untold: list[OutboxMessage] = []
        held_back: set[UUID] = set()
        refused: set[UUID] = set()
        with self._store.read_lock:
            unsent = [one for one in self._store.outbox.values() if one.state is not OutboxState.SENT]
        for one in unsent:
            if one.state is OutboxState.PUBLISHED:
                untold += [one] if one.due_at <= now else []
            elif one.state is OutboxState.PARKED or one.due_at > now or one.event.order_id in held_back:
                held_back.add(one.event.order_id)
                refused |= {one.event.order_id} if one.attempts else set()
                if one.event.order_id in refused and one.event.at > now - MAX_CACHE_AGE:
                    untold.append(replace(one, blocked=True))
            else:
                sendable.append(one)
        return deepcopy([*sendable[:limit], *untold[:limit]])


class InMemoryShardClaim:
    def __init__(self, outgoing: Sequence[OutboxMessage]) -> None:
        self.messages = outgoing
        self.states: dict[UUID, OutboxMessage] = {}

    def set_state(
        self, event_id: UUID, *, state: OutboxState, due_at: datetime, attempts: int, last_error: str | None = None
    ) -> None:
        one = next(one for one in self.messages if one.event.id == event_id)
        self.states[event_id] = replace(one, state=state, due_at=due_at, attempts=attempts, last_error=last_error)
