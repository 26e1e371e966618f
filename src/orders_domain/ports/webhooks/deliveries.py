"""Webhook delivery queue port: the deliveries of events to endpoints, and how far the event feed was read for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_domain.model.webhooks.delivery import DeliveryPage, DeliveryState, WebhookDelivery, WebhookMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """How far the event feed was read, and when. After a restore only events of changes ``since`` are read."""

    cursor: str
    read_at: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    endpoint_id: UUID
    message: WebhookMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryBacklog:
    """The number of deliveries that wait for enabled endpoints, and the earliest time at which one of them is due.

    Deliveries that wait for an earlier one of their order are counted, and are not due.
    """

    waiting: int
    oldest_due: datetime | None


class WebhookQueue(Protocol):
    """Every method raises StoreUnavailable if the store is unavailable."""

    def position(self) -> QueuePosition | None:
        """Return how far the event feed was read; None before the first time."""
        ...

    def add_from_feed(
        self,
        deliveries: Sequence[NewDelivery],
        *,
        previous: QueuePosition | None,
        position: QueuePosition,
        now: datetime,
    ) -> bool:
        """Store the deliveries, due now, and the position: both, or neither.

        Nothing is stored, and False returned, unless the stored position is ``previous``. An event that an endpoint
        has already is not stored again, and one of an endpoint that was removed meanwhile is not stored.
        """
        ...

    def add(self, delivery: NewDelivery, *, now: datetime, due_at: datetime) -> WebhookDelivery:
        """Store and return a delivery that is not of the event feed.

        Raises:
            WebhookNotFound: the endpoint does not exist.
        """
        ...

    def due_endpoints(self, *, now: datetime) -> Sequence[UUID]:
        """Return the enabled endpoints that have a delivery which is due."""
        ...

    def claim(self, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int) -> Sequence[WebhookDelivery]:
        """Return due deliveries of an enabled endpoint, the longest due first. No process gets them before ``until``.

        Of an ordered endpoint only those are returned that no waiting delivery of an earlier version of their order
        precedes.
        """
        ...

    def record(self, delivery: WebhookDelivery, *, lease: datetime) -> bool:
        """Store state, due time, tries and attempts, and return True, unless the lease that ends then was lost."""
        ...

    def get(self, endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
        """Return the delivery.

        Raises:
            DeliveryNotFound: the endpoint has no such delivery.
        """
        ...

    def search(
        self, endpoint_id: UUID, *, state: DeliveryState | None = None, limit: int = 50, before: int | None = None
    ) -> DeliveryPage:
        """Return deliveries of the endpoint with ids below ``before``, newest first."""
        ...

    def requeue(self, endpoint_id: UUID, delivery_ids: Sequence[int], *, now: datetime) -> int:
        """Set finished deliveries to WAITING, due now, with all their tries; return their number."""
        ...

    def backlog(self) -> DeliveryBacklog:
        """Return the deliveries that wait, of at most the 10,000 that were queued first."""
        ...

    def prune(self, *, created_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` old deliveries that are finished or whose endpoint is disabled; return the number.

        The bodies that no delivery needs any more are deleted, too.
        """
        ...
