"""Use cases: read the log of webhook deliveries, deliver again, and deliver a test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.events import Event
from orders_domain.model.webhooks.delivery import DeliveryPage, DeliveryState, WebhookMessage
from orders_domain.model.webhooks.endpoint import TEST_TYPE, WebhookDisabled
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.webhooks.deliveries import NewDelivery, WebhookQueue
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository
from orders_domain.use_cases.webhooks.deliver_webhooks import LEASE, ClaimedDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhookDeliveries:
    """A page of the log, newest first, before the delivery of the id ``before``."""

    actor: Actor
    webhook_id: UUID
    state: DeliveryState | None = None
    limit: int = 50
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliverWebhook:
    """The deliveries to repeat, or all that have failed if there are no ids."""

    actor: Actor
    webhook_id: UUID
    delivery_ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestWebhook:
    """``leased`` is whether the caller makes the attempt itself, so that no worker makes it before."""

    actor: Actor
    webhook_id: UUID
    leased: bool = False


def list_webhook_deliveries(
    request: ListWebhookDeliveries, *, queue: WebhookQueue, endpoints: WebhookEndpointRepository
) -> DeliveryPage:
    """Return a page of the deliveries of the last 30 days.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: the endpoint does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    endpoints.get(request.webhook_id)
    return queue.search(request.webhook_id, state=request.state, limit=request.limit, before=request.before)


def redeliver_webhook(
    request: RedeliverWebhook, *, queue: WebhookQueue, endpoints: WebhookEndpointRepository, clock: Clock
) -> int:
    """Queue finished deliveries again, with the same id and bytes; return their number.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: the endpoint does not exist.
        WebhookDisabled: it is disabled.
        DeliveryNotFound: a delivery does not exist; nothing is queued.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    if not endpoints.get(request.webhook_id).is_enabled:
        raise WebhookDisabled
    if request.delivery_ids is not None:
        known = [queue.get(request.webhook_id, delivery_id).id for delivery_id in request.delivery_ids]
        return queue.requeue(request.webhook_id, known, now=clock())
    count, before = 0, None
    while True:
        page = queue.search(request.webhook_id, state=DeliveryState.FAILED, limit=200, before=before)
        count += queue.requeue(request.webhook_id, [each.id for each in page.deliveries], now=clock())
        before = page.next_before
        if before is None:
            return count


def send_test_webhook(
    request: SendTestWebhook,
    *,
    queue: WebhookQueue,
    endpoints: WebhookEndpointRepository,
    event_bytes: Callable[[Event], bytes],
    clock: Clock,
    new_id: NewId,
) -> ClaimedDelivery:
    """Queue a test event for the endpoint, and return its delivery. It is tried and logged like any other.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: the endpoint does not exist.
        WebhookDisabled: it is disabled.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    endpoint = endpoints.get(request.webhook_id)
    if not endpoint.is_enabled:
        raise WebhookDisabled
    now, event_id = clock(), new_id()
    data = {"webhook_id": str(endpoint.id)}
    event = Event(id=event_id, type=TEST_TYPE, order_id=endpoint.id, version=1, at=now, data=data)
    message = WebhookMessage(id=event_id, type=TEST_TYPE, order_id=None, version=1, body=event_bytes(event))
    lease = now + LEASE
    due_at = lease if request.leased else now
    delivery = queue.add(NewDelivery(endpoint_id=endpoint.id, message=message), now=now, due_at=due_at)
    return ClaimedDelivery(endpoint=endpoint, delivery=delivery, lease=lease)
