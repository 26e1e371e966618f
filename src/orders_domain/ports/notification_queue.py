"""Notification queue port: the notifications that events of the outbox ask for, and their state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from orders_domain.model.events import Event
from orders_domain.model.notification import Channel, Notification, NotificationState, NotifiedOrder

NotificationsFor: TypeAlias = Callable[[Event, NotifiedOrder | None], Sequence[Notification]]
"""Returns the notifications that an event asks for; the order is None for an event about a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNotification:
    """A stored notification and its state. ``order`` is None for an alert."""

    notification: Notification
    state: NotificationState = NotificationState.WAITING
    attempts: int = 0  # how often its recipient was refused for now
    due_at: datetime
    last_error: str | None = None
    order: NotifiedOrder | None = None


class NotificationQueue(Protocol):
    """Every method raises StoreUnavailable if the store is unavailable."""

    def add_from_events(self, notifications_for: NotificationsFor, *, now: datetime, limit: int = 100) -> int:
        """Store the notifications of at most ``limit`` events that ask for some; return the number of events.

        An event is considered once, whether or not it was published. A notification that is stored already, by its
        id, is not stored again. Events that another process considers at this moment are passed over.
        """
        ...

    def add(self, notifications: Sequence[Notification], *, now: datetime) -> None:
        """Store notifications that no event asks for, due now. One that is stored already is not stored again."""
        ...

    def claim(self, channel: Channel, *, now: datetime, until: datetime) -> QueuedNotification | None:
        """Return the due notification that occurred first, or None. No other process gets it before ``until``.

        One that was deferred is due when its delay ends, so that later ones are not held up.
        """
        ...

    def record(
        self,
        notification_id: UUID,
        *,
        state: NotificationState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        """Store the outcome of an attempt, unless the notification is not waiting any more."""
        ...

    def select(self, *, states: frozenset[NotificationState], limit: int = 100) -> Sequence[QueuedNotification]:
        """Return notifications in one of the states, oldest first."""
        ...

    def requeue(self, notification_ids: Sequence[UUID], *, now: datetime) -> int:
        """Set failed and unaddressed notifications to WAITING, due now, without attempts; return their number."""
        ...

    def prune(self, *, occurred_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` notifications that do not wait; return their number."""
        ...
