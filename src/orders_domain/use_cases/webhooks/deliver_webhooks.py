"""Use cases: claim due webhook deliveries, and record their attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from orders_domain.model.notification import Alert, AlertRecipient, Notification, NotificationKind
from orders_domain.model.webhooks.delivery import GONE, DeliveryAttempt, WebhookDelivery
from orders_domain.model.webhooks.endpoint import WebhookEndpoint, WebhookNotFound
from orders_domain.ports.alert_recipients import AlertRecipientRepository
from orders_domain.ports.clock import Clock
from orders_domain.ports.notification_queue import NotificationQueue
from orders_domain.ports.webhooks.deliveries import WebhookQueue
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository
from orders_domain.ports.webhooks.sender import WebhookAnswer, WebhookRequest

LEASE = timedelta(seconds=60)
"""Longer than any attempt, so that a delivery is claimed again only if its process died."""
MAX_CONCURRENCY = 4
"""The attempts at a time that a process makes to one endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWebhookDeliveries:
    """``busy`` has the attempts of this process that have not ended, by endpoint; ``limit`` bounds the new ones."""

    busy: Mapping[UUID, int] = field(default_factory=dict)
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that no other process gets before the end of its lease, and the endpoint as it was then."""

    endpoint: WebhookEndpoint
    delivery: WebhookDelivery
    lease: datetime

    def request(self, *, at: datetime) -> WebhookRequest:
        """Return the request of an attempt at this moment."""
        secrets = self.endpoint.secrets.valid_at(at)
        return WebhookRequest(url=self.endpoint.url, message=self.delivery.message, secrets=secrets, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWebhookAttempt:
    claimed: ClaimedDelivery
    answer: WebhookAnswer
    at: datetime
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookResult:
    """The delivery after an attempt, and the endpoint if the attempt disabled it."""

    delivery: WebhookDelivery
    disabled: WebhookEndpoint | None = None


def claim_webhook_deliveries(
    request: ClaimWebhookDeliveries, *, queue: WebhookQueue, endpoints: WebhookEndpointRepository, clock: Clock
) -> Sequence[ClaimedDelivery]:
    """Return due deliveries, first of the endpoints with the fewest attempts under way.

    An endpoint has at most 4 attempts of a process at a time, and 1 after a failure, so that those that hang do not
    delay others.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    now, free = clock(), request.limit
    enabled = [endpoint for endpoint in endpoints.list() if endpoint.is_enabled] if free > 0 else []
    due = frozenset(queue.due_endpoints(now=now)) if enabled else frozenset()
    present = [endpoint for endpoint in enabled if endpoint.id in due]
    claimed: list[ClaimedDelivery] = []
    for endpoint in sorted(present, key=lambda each: request.busy.get(each.id, 0)):
        bound = MAX_CONCURRENCY if endpoint.failing_since is None else 1
        places = min(bound - request.busy.get(endpoint.id, 0), free - len(claimed))
        if places > 0:
            lease = now + LEASE
            deliveries = queue.claim(endpoint.id, now=now, until=lease, limit=places)
            claimed += [ClaimedDelivery(endpoint=endpoint, delivery=each, lease=lease) for each in deliveries]
    return claimed


def record_webhook_attempt(
    request: RecordWebhookAttempt,
    *,
    queue: WebhookQueue,
    endpoints: WebhookEndpointRepository,
    notifications: NotificationQueue,
    recipients: AlertRecipientRepository,
    clock: Clock,
) -> WebhookResult:
    """Store the outcome of an attempt, and return it.

    After 410, and after 5 days of failures without a success, the endpoint is disabled and administrators get the alert
    ``webhook_disabled``. The alert is queued first and has an id of its own cause, so that it is sent if this process
    dies, and only once.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    claimed, answer, now = request.claimed, request.answer, clock()
    attempt = DeliveryAttempt(
        at=request.at, status=answer.status, error=answer.error, milliseconds=request.milliseconds
    )
    after = claimed.delivery.attempted(attempt, now=now, retry_after=answer.retry_after)
    disabled = None
    try:
        if attempt.is_success:
            if claimed.endpoint.failing_since is not None:
                endpoints.update(claimed.endpoint.id, WebhookEndpoint.succeeded)
        else:
            disabled = _record_failure(attempt, claimed, endpoints, notifications, recipients, now=now)
    except WebhookNotFound:
        return WebhookResult(delivery=after)  # it was removed, with its deliveries
    queue.record(after, lease=claimed.lease)
    return WebhookResult(delivery=after, disabled=disabled)


def _record_failure(
    attempt: DeliveryAttempt,
    claimed: ClaimedDelivery,
    endpoints: WebhookEndpointRepository,
    notifications: NotificationQueue,
    recipients: AlertRecipientRepository,
    *,
    now: datetime,
) -> WebhookEndpoint | None:
    """Store the failure at the endpoint; return the endpoint if the failure disabled it."""
    is_gone = attempt.status == GONE
    present = endpoints.get(claimed.endpoint.id)
    expected = present.failed(at=now, is_gone=is_gone)
    if present.is_enabled and not expected.is_enabled:
        notifications.add(_alerts(expected, claimed.delivery, attempt, recipients.list(), now=now), now=now)
    stored = endpoints.update(claimed.endpoint.id, lambda each: each.failed(at=now, is_gone=is_gone))
    return stored if present.is_enabled and not stored.is_enabled else None


def _alerts(
    endpoint: WebhookEndpoint,
    delivery: WebhookDelivery,
    attempt: DeliveryAttempt,
    recipients: Sequence[AlertRecipient],
    *,
    now: datetime,
) -> list[Notification]:
    cause = f"{endpoint.id} {delivery.id}"
    return [
        Notification(
            id=uuid5(delivery.message.id, f"{cause} {recipient.address}"),
            kind=NotificationKind.WEBHOOK_DISABLED,
            channel=recipient.channel,
            data={
                "webhook_id": str(endpoint.id),
                "url": endpoint.url,
                "is_gone": attempt.status == GONE,
                "problem": attempt.error or f"status {attempt.status}",
            },
            occurred_at=now,
            address=recipient.address,
            language=recipient.language,
        )
        for recipient in recipients
        if recipient.alert is Alert.WEBHOOK_DISABLED
    ]
