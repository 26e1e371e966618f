"""Webhook delivery: an event on its way to an endpoint, its attempts and their times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from orders_domain.errors import Kind, OrdersError

RETRY_DELAYS = tuple(
    timedelta(minutes=minutes)
    for minutes in (0.5, 2, 7.5, 20, 30, 60, 120, 240, 480, 480, 720, 720, 720, 720)  # 72 hours
)
"""The pauses between attempts."""
MAX_RETRY_AFTER = timedelta(hours=12)
"""The longest pause that a receiver can ask for."""
MAX_LOGGED_ATTEMPTS = 32
"""The latest attempts of a delivery that are stored, because a delivery can be repeated without limit."""
GONE = 410


class DeliveryNotFound(OrdersError):
    """There is no such delivery of the endpoint, or it has been deleted."""

    kind = Kind.NOT_FOUND
    code = "webhook_delivery_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such webhook delivery; it may have been deleted after 30 days.")


class DeliveryState(Enum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # all attempts have failed, or the endpoint is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMessage:
    """The body of an event's deliveries, the same bytes at every attempt. Its id is that of the event."""

    id: UUID
    type: str
    order_id: UUID | None  # None for a test
    version: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """An attempt and the status of the answer, or why there was none."""

    at: datetime
    status: int | None = None
    error: str | None = None
    milliseconds: int = 0

    @property
    def is_success(self) -> bool:
        return self.error is None and self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """An event for an endpoint. While it is leased, ``due_at`` is the end of the lease."""

    id: int
    endpoint_id: UUID
    message: WebhookMessage
    state: DeliveryState = DeliveryState.WAITING
    created_at: datetime
    due_at: datetime
    tries: int = 0  # since it was queued, or queued again
    attempts: tuple[DeliveryAttempt, ...] = ()  # the latest

    def attempted(self, attempt: DeliveryAttempt, *, now: datetime, retry_after: timedelta) -> WebhookDelivery:
        """Return the delivery after an attempt: delivered, failed for good, or due after the pause."""
        tries = self.tries + 1
        logged = (*self.attempts, attempt)[-MAX_LOGGED_ATTEMPTS:]
        if attempt.is_success:
            return replace(self, state=DeliveryState.DELIVERED, tries=tries, attempts=logged)
        if attempt.status == GONE or tries > len(RETRY_DELAYS):
            return replace(self, state=DeliveryState.FAILED, tries=tries, attempts=logged)
        delay = max(RETRY_DELAYS[tries - 1], min(retry_after, MAX_RETRY_AFTER))
        return replace(self, tries=tries, attempts=logged, due_at=now + delay)


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A page of deliveries, newest first, and the id before which the next page begins if there is one."""

    deliveries: tuple[WebhookDelivery, ...]
    next_before: int | None = None

    @classmethod
    def from_rows(cls, rows: Sequence[WebhookDelivery], limit: int) -> DeliveryPage:
        deliveries = tuple(rows[:limit])
        return cls(deliveries, deliveries[-1].id if len(rows) > limit else None)
