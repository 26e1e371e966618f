"""In-memory webhook delivery queue."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.webhooks.delivery import DeliveryNotFound, DeliveryPage, DeliveryState, WebhookDelivery
from orders_domain.model.webhooks.endpoint import WebhookNotFound
from orders_domain.ports.webhooks.deliveries import DeliveryBacklog, NewDelivery, QueuePosition, WebhookQueue

_WAITING = DeliveryState.WAITING


class InMemoryWebhookQueue(WebhookQueue):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def position(self) -> QueuePosition | None:
        return self._store.webhook_position

    def add_from_feed(
        self,
        deliveries: Sequence[NewDelivery],
        *,
        previous: QueuePosition | None,
        position: QueuePosition,
        now: datetime,
    ) -> bool:
        with self._store.read_lock:
            if self._store.webhook_position != previous:
                return False
            self._store.webhook_position = position
            known = {(each.endpoint_id, each.message.id) for each in self._store.webhook_deliveries.values()}
            for new in deliveries:
                if new.endpoint_id in self._store.webhooks and (new.endpoint_id, new.message.id) not in known:
                    self._add(new, now=now, due_at=now)
        return True

    def add(self, delivery: NewDelivery, *, now: datetime, due_at: datetime) -> WebhookDelivery:
        with self._store.read_lock:
            if delivery.endpoint_id not in self._store.webhooks:
                raise WebhookNotFound
            return self._add(delivery, now=now, due_at=due_at)

    def due_endpoints(self, *, now: datetime) -> Sequence[UUID]:
        with self._store.read_lock:
            due = {each.endpoint_id for each in self._waiting() if each.due_at <= now}
            return [endpoint_id for endpoint_id in due if self._is_enabled(endpoint_id)]

    def claim(self, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int) -> Sequence[WebhookDelivery]:
        with self._store.read_lock:
            if not self._is_enabled(endpoint_id):
                return []
            waiting = [each for each in self._waiting() if each.endpoint_id == endpoint_id]
            due = [each for each in waiting if each.due_at <= now]
            due = [each for each in due if not self._is_preceded(each, waiting)]
            due.sort(key=lambda each: (each.due_at, each.id))
            claimed = [replace(each, due_at=until) for each in due[:limit]]
            self._store.webhook_deliveries.update({each.id: each for each in claimed})
            return claimed

    def record(self, delivery: WebhookDelivery, *, lease: datetime) -> bool:
        with self._store.read_lock:
            present = self._store.webhook_deliveries.get(delivery.id)
            if present is None or present.state is not _WAITING or present.due_at != lease:
                return False
            self._store.webhook_deliveries[delivery.id] = delivery
            return True

    def get(self, endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
        with self._store.read_lock:
            delivery = self._store.webhook_deliveries.get(delivery_id)
        if delivery is None or delivery.endpoint_id != endpoint_id:
            raise DeliveryNotFound
        return delivery

    def search(
        self, endpoint_id: UUID, *, state: DeliveryState | None = None, limit: int = 50, before: int | None = None
    ) -> DeliveryPage:
        with self._store.read_lock:
            rows = [
                each
                for each in self._store.webhook_deliveries.values()
                if each.endpoint_id == endpoint_id
                and state in (None, each.state)
                and (before is None or each.id < before)
            ]
        rows.sort(key=lambda each: each.id, reverse=True)
        return DeliveryPage.from_rows(rows[: limit + 1], limit)

    def requeue(self, endpoint_id: UUID, delivery_ids: Sequence[int], *, now: datetime) -> int:
        with self._store.read_lock:
            deliveries = self._store.webhook_deliveries
            known = [deliveries[each] for each in delivery_ids if each in deliveries]
            finished = [each for each in known if each.endpoint_id == endpoint_id and each.state is not _WAITING]
            for delivery in finished:
                deliveries[delivery.id] = replace(delivery, state=_WAITING, due_at=now, tries=0)
            return len(finished)

    def backlog(self) -> DeliveryBacklog:
        with self._store.read_lock:
            waiting = [each for each in self._waiting() if self._is_enabled(each.endpoint_id)]
            due = [each.due_at for each in waiting if not self._is_preceded(each, waiting)]
        return DeliveryBacklog(waiting=len(waiting), oldest_due=min(due, default=None))

    def prune(self, *, created_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [
                each.id
                for each in self._store.webhook_deliveries.values()
                if each.created_at < created_before
                and (each.state is not _WAITING or not self._is_enabled(each.endpoint_id))
            ][:limit]
            for delivery_id in old:
                del self._store.webhook_deliveries[delivery_id]
            return len(old)

    def _waiting(self) -> list[WebhookDelivery]:
        return [each for each in self._store.webhook_deliveries.values() if each.state is _WAITING]

    def _is_enabled(self, endpoint_id: UUID) -> bool:
        return endpoint_id in self._store.webhooks and self._store.webhooks[endpoint_id].is_enabled

    def _is_preceded(self, delivery: WebhookDelivery, waiting: Sequence[WebhookDelivery]) -> bool:
        """Return whether the endpoint is ordered, and an earlier delivery of the order waits for it."""
        earlier = (each for each in waiting if each.endpoint_id == delivery.endpoint_id)
        return self._store.webhooks[delivery.endpoint_id].ordered and any(_precedes(each, delivery) for each in earlier)

    def _add(self, new: NewDelivery, *, now: datetime, due_at: datetime) -> WebhookDelivery:
        delivery = WebhookDelivery(
            id=next(self._store.webhook_delivery_ids),
            endpoint_id=new.endpoint_id,
            message=new.message,
            created_at=now,
            due_at=due_at,
        )
        self._store.webhook_deliveries[delivery.id] = delivery
        return delivery


def _precedes(other: WebhookDelivery, delivery: WebhookDelivery) -> bool:
    """Return whether the other delivery is of an earlier version of the same order."""
    message, earlier = delivery.message, other.message
    return message.order_id is not None and earlier.order_id == message.order_id and earlier.version < message.version
