"""The outbox of the memory store."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import Store
from orders_domain.ports.outbox import CACHE_LIFE, Backlog, OutboxState, Outgoing

_OPEN = (OutboxState.WAITING, OutboxState.UNTOLD)
_THE_SHARD = 0


class Outbox:
    """One shard: one process needs no more."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due_shards(self, now: datetime) -> Sequence[int]:
        return [_THE_SHARD] if self._due(now, limit=1) else []

    @contextmanager
    def claim(self, shard: int, *, now: datetime, limit: int) -> Iterator["Claim | None"]:
        if not self._store.relaying.acquire(blocking=False):
            yield None
            return
        claim = Claim(self._due(now, limit=limit))
        try:
            yield claim
        finally:
            with self._store.reading:
                self._store.outbox |= claim.marked
            self._store.relaying.release()

    def select(self, *, states: frozenset[OutboxState], limit: int = 100) -> Sequence[Outgoing]:
        with self._store.reading:
            return deepcopy([one for one in self._store.outbox.values() if one.state in states][:limit])

    def backlog(self) -> Backlog:
        waiting = self.select(states=frozenset({OutboxState.WAITING}), limit=sys.maxsize)
        parked = self.select(states=frozenset({OutboxState.PARKED}), limit=sys.maxsize)
        oldest = min((one.event.at for one in (*waiting, *parked)), default=None)
        return Backlog(waiting=len(waiting), parked=len(parked), oldest=oldest)

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        with self._store.reading:
            outbox = self._store.outbox
            found = [outbox[one] for one in dict.fromkeys(event_ids) if one in outbox]
            parked_or_sent = [one for one in found if one.state not in _OPEN]
            for one in parked_or_sent:
                outbox[one.event.id] = replace(one, state=OutboxState.WAITING, attempts=0, due_at=now)
            return len(parked_or_sent)

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        with self._store.reading:
            outbox = self._store.outbox
            old = [one for one in outbox.values() if one.state is OutboxState.SENT and one.event.at < sent_before]
            for one in old[:limit]:
                del outbox[one.event.id]
            return len(old[:limit])

    def _due(self, now: datetime, *, limit: int) -> list[Outgoing]:
        """The events to be sent, then those that only the cache has to hear of."""
        sendable: list[Outgoing] = []
        untold: list[Outgoing] = []
        held_back: set[UUID] = set()
        refused: set[UUID] = set()
        with self._store.reading:
            unsent = [one for one in self._store.outbox.values() if one.state is not OutboxState.SENT]
        for one in unsent:
            if one.state is OutboxState.UNTOLD:
                untold += [one] if one.due_at <= now else []
            elif one.state is OutboxState.PARKED or one.due_at > now or one.event.order_id in held_back:
                held_back.add(one.event.order_id)
                refused |= {one.event.order_id} if one.attempts else set()
                if one.event.order_id in refused and one.event.at > now - CACHE_LIFE:
                    untold.append(replace(one, held_back=True))
            else:
                sendable.append(one)
        return deepcopy([*sendable[:limit], *untold[:limit]])


class Claim:
    def __init__(self, outgoing: Sequence[Outgoing]) -> None:
        self.outgoing = outgoing
        self.marked: dict[UUID, Outgoing] = {}

    def mark(
        self, event_id: UUID, *, state: OutboxState, due_at: datetime, attempts: int, last_error: str | None = None
    ) -> None:
        one = next(one for one in self.outgoing if one.event.id == event_id)
        self.marked[event_id] = replace(one, state=state, due_at=due_at, attempts=attempts, last_error=last_error)
