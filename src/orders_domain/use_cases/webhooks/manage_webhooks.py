"""Use cases: add, read, enable, disable and remove webhook endpoints, and rotate their secrets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.webhooks.endpoint import (
    DEFAULT_OVERLAP,
    WEBHOOK_TYPES,
    DisabledReason,
    WebhookEndpoint,
    WebhookSecrets,
)
from orders_domain.model.webhooks.target import AllowedTargets, parse_target
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.events.event_feed import EventFeed
from orders_domain.ports.store_identity import StoreIdentity
from orders_domain.ports.webhooks.endpoints import NewSecret, WebhookEndpointRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWebhook:
    """A new endpoint; ``types`` None selects all events."""

    actor: Actor
    url: str
    types: Collection[str] | None = None
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhooks:
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWebhook:
    actor: Actor
    webhook_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableWebhook:
    actor: Actor
    webhook_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableWebhook:
    actor: Actor
    webhook_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWebhook:
    actor: Actor
    webhook_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecret:
    """``overlap`` is the time for which deliveries are signed with the former secret, too."""

    actor: Actor
    webhook_id: UUID
    overlap: timedelta = DEFAULT_OVERLAP


def add_webhook(
    request: AddWebhook,
    *,
    endpoints: WebhookEndpointRepository,
    feed: EventFeed,
    store_identity: StoreIdentity,
    allowed_targets: AllowedTargets,
    max_endpoints: int,
    new_secret: NewSecret,
    clock: Clock,
    new_id: NewId,
) -> WebhookEndpoint:
    """Return the new endpoint. It gets the events that are committed from now on.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: the URL is not one that may be connected to, or a type is not in the event feed.
        WebhookExists: another endpoint has the URL.
        TooManyWebhooks: there are as many endpoints as there may be.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    target = parse_target(request.url, allowed_targets)
    endpoint = WebhookEndpoint(
        id=new_id(),
        url=target.url,
        types=None if request.types is None else _in_order(request.types),
        ordered=request.ordered,
        secrets=WebhookSecrets(current=new_secret()),
        created_at=clock(),
        starts_after=feed.end().text(store_identity.get()),
    )
    endpoints.add(endpoint, limit=max_endpoints)
    return endpoint


def list_webhooks(request: ListWebhooks, *, endpoints: WebhookEndpointRepository) -> Sequence[WebhookEndpoint]:
    """Return all endpoints, oldest first.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return endpoints.list()


def get_webhook(request: GetWebhook, *, endpoints: WebhookEndpointRepository) -> WebhookEndpoint:
    """Return the endpoint.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: it does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return endpoints.get(request.webhook_id)


def enable_webhook(
    request: EnableWebhook, *, endpoints: WebhookEndpointRepository, feed: EventFeed, store_identity: StoreIdentity
) -> WebhookEndpoint:
    """Enable the endpoint: waiting deliveries go on, and events that are committed from now on are delivered.

    Events that were committed while it was disabled are not delivered; the receiver reads them from the event feed.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: the endpoint does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    starts_after = feed.end().text(store_identity.get())
    return endpoints.update(request.webhook_id, lambda endpoint: endpoint.enabled(starts_after=starts_after))


def disable_webhook(request: DisableWebhook, *, endpoints: WebhookEndpointRepository) -> WebhookEndpoint:
    """Disable the endpoint; an attempt that has begun ends as it would.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: the endpoint does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return endpoints.update(request.webhook_id, lambda endpoint: endpoint.disabled(DisabledReason.REQUESTED))


def remove_webhook(request: RemoveWebhook, *, endpoints: WebhookEndpointRepository) -> None:
    """Delete the endpoint and the log of its deliveries.

    Raises:
        AccessDenied: the actor is not an administrator.
        WebhookNotFound: the endpoint does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    endpoints.remove(request.webhook_id)


def rotate_webhook_secret(
    request: RotateWebhookSecret, *, endpoints: WebhookEndpointRepository, new_secret: NewSecret, clock: Clock
) -> WebhookEndpoint:
    """Give the endpoint a new secret. During the overlap deliveries are signed with the former one, too.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: the overlap is not 0 to 7 days.
        WebhookNotFound: the endpoint does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    secret, now = new_secret(), clock()

    def rotated(endpoint: WebhookEndpoint) -> WebhookEndpoint:
        return replace(endpoint, secrets=endpoint.secrets.rotated(secret, at=now, overlap=request.overlap))

    return endpoints.update(request.webhook_id, rotated)


def _in_order(types: Collection[str]) -> tuple[str, ...]:
    """Return the types without repetitions, in the order of the event feed; unknown ones come last."""
    known = [name for name in WEBHOOK_TYPES if name in types]
    return (*known, *sorted(set(types).difference(known)))
