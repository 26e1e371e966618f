"""Transactional outbox port: events are stored with their orders and published by a relay."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from orders_domain.model.events import Event

MAX_CACHE_AGE = timedelta(minutes=10)
"""The maximum age of a cache entry. Older events need no cache invalidation."""

DUE_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""A due time that is past on every clock, because that of the process that stores it may differ from the worker's."""


class OutboxState(Enum):
    """Delivery state of an event."""

    WAITING = "waiting"
    PUBLISHED = "published"  # published, but the cache is not invalidated yet
    PARKED = "parked"  # not publishable: it blocks the later events of its order until an operator requeues it
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A stored event and its delivery state."""

    event: Event
    state: OutboxState
    attempts: int = 0  # how often the broker rejected it
    due_at: datetime
    last_error: str | None = None
    blocked: bool = False  # returned for cache invalidation only, and not to be published now

    @property
    def publishable(self) -> bool:
        return self.state is OutboxState.WAITING and not self.blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxBacklog:
    """The number of events not sent yet."""

    waiting: int
    parked: int
    oldest: datetime | None = None  # the time of the oldest of them


class ShardClaim(Protocol):
    """The due events of one or more shards, each of which one relay locks at a time."""

    @property
    def messages(self) -> Sequence[OutboxMessage]:
        """The due events, the oldest of a shard first; an order's event never comes without its earlier unsent ones.

        Of each shard at most ``limit`` events to publish, and at most ``limit`` events for cache invalidation only:
        those in state PUBLISHED, and those of the last ten minutes that are blocked, parked or not due yet.
        """
        ...

    def set_state(
        self,
        event_id: UUID,
        *,
        state: OutboxState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        """Set the state of an event; it is committed when the block of the claim exits."""
        ...


class Outbox(Protocol):
    """The events of committed orders. Every method raises StoreUnavailable if the store is unavailable."""

    def due_shards(self, now: datetime) -> Sequence[int]:
        """Return the shards that have due events. All events of an order are in the same shard."""
        ...

    def claim(self, *shards: int, now: datetime, limit: int) -> AbstractContextManager[ShardClaim | None]:
        """Lock those of the shards that no other relay holds, and return their due events; None if it locks none.

        States are committed when the block exits, also after an error. The lock of a relay that dies is released.
        """
        ...

    def select(self, *, states: frozenset[OutboxState], limit: int = 100) -> Sequence[OutboxMessage]:
        """Return events in one of the states, oldest first."""
        ...

    def backlog(self) -> OutboxBacklog:
        """Return the number of events not sent, and the time of the oldest."""
        ...

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        """Set parked or sent events to WAITING, due now; return their number."""
        ...

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` sent events that occurred before the time; return their number."""
        ...
