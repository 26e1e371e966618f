"""In-memory notification queue."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.notification import Channel, Notification, NotificationState, NotifiedOrder
from orders_domain.ports.notification_queue import NotificationQueue, NotificationsFor, QueuedNotification

_WAITING = NotificationState.WAITING
_RESENDABLE = (NotificationState.FAILED, NotificationState.UNADDRESSED)


class InMemoryNotificationQueue(NotificationQueue):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add_from_events(self, notifications_for: NotificationsFor, *, now: datetime, limit: int = 100) -> int:
        with self._store.read_lock:
            waiting = [event_id for event_id in self._store.notifying if event_id in self._store.outbox][:limit]
            for event_id in waiting:
                event = self._store.outbox[event_id].event
                for notification in notifications_for(event, self._order(event.order_id)):
                    queued = QueuedNotification(notification=notification, due_at=min(now, notification.occurred_at))
                    self._store.notifications.setdefault(notification.id, queued)
                self._store.notifying.remove(event_id)
        return len(waiting)

    def add(self, notifications: Sequence[Notification], *, now: datetime) -> None:
        with self._store.read_lock:
            for notification in notifications:
                queued = QueuedNotification(notification=notification, due_at=now)
                self._store.notifications.setdefault(notification.id, queued)

    def claim(self, channel: Channel, *, now: datetime, until: datetime) -> QueuedNotification | None:
        with self._store.read_lock:
            queued = self._store.notifications.values()
            due = [
                each
                for each in queued
                if each.state is _WAITING and each.notification.channel is channel and each.due_at <= now
            ]
            if not due:
                return None
            first = min(due, key=lambda each: (each.due_at, each.notification.id))
            claimed = self._store.notifications[first.notification.id] = replace(first, due_at=until)
            return self._with_order(claimed)

    def record(
        self,
        notification_id: UUID,
        *,
        state: NotificationState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        with self._store.read_lock:
            queued = self._store.notifications.get(notification_id)
            if queued and queued.state is _WAITING:
                self._store.notifications[notification_id] = replace(
                    queued, state=state, due_at=due_at, attempts=attempts, last_error=last_error
                )

    def select(self, *, states: frozenset[NotificationState], limit: int = 100) -> Sequence[QueuedNotification]:
        with self._store.read_lock:
            found = [queued for queued in self._store.notifications.values() if queued.state in states]
            found.sort(key=lambda queued: (queued.notification.occurred_at, queued.notification.id))
            return [self._with_order(queued) for queued in found[:limit]]

    def requeue(self, notification_ids: Sequence[UUID], *, now: datetime) -> int:
        with self._store.read_lock:
            known = [self._store.notifications[key] for key in notification_ids if key in self._store.notifications]
            failed = [queued for queued in known if queued.state in _RESENDABLE]
            for queued in failed:
                again = replace(queued, state=_WAITING, due_at=now, attempts=0)
                self._store.notifications[queued.notification.id] = again
            return len(failed)

    def prune(self, *, occurred_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            finished = [queued for queued in self._store.notifications.values() if queued.state is not _WAITING]
            old = [queued for queued in finished if queued.notification.occurred_at < occurred_before][:limit]
            for queued in old:
                del self._store.notifications[queued.notification.id]
            return len(old)

    def _with_order(self, queued: QueuedNotification) -> QueuedNotification:
        order_id = queued.notification.order_id
        return deepcopy(replace(queued, order=self._order(order_id) if order_id else None))

    def _order(self, order_id: UUID) -> NotifiedOrder | None:
        order = self._store.orders.get(order_id)
        if order is None or order.number is None:
            return None
        return NotifiedOrder(number=order.number, user_id=order.user_id, contact=order.contact)
