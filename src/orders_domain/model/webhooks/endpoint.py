"""Webhook endpoint: a URL that gets events, with its secrets and its state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model.events import EVENT_TYPES

WEBHOOK_TYPES = tuple(EVENT_TYPES.values())
"""The types of events that an endpoint can select: those of the event feed."""
TEST_TYPE = "orders.webhook_test.v1"
"""The type of test deliveries, which every endpoint gets when one is asked for."""

DEFAULT_OVERLAP, MAX_OVERLAP = timedelta(hours=24), timedelta(days=7)
"""The time for which deliveries are signed with the former secret, too."""
MAX_FAILING_TIME = timedelta(days=5)
MAX_GAP = timedelta(hours=24)
"""Failures with a longer pause between them are not one time of failing; the longest pause of a delivery is 12 h."""


class WebhookNotFound(OrdersError):
    """There is no such endpoint."""

    kind = Kind.NOT_FOUND
    code = "webhook_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such webhook endpoint.")


class WebhookExists(OrdersError):
    """There is an endpoint with this URL."""

    kind = Kind.CONFLICT
    code = "webhook_exists"

    def __init__(self) -> None:
        super().__init__("There is a webhook endpoint with this URL; it must be removed first, or its secret rotated.")


class TooManyWebhooks(OrdersError):
    """There are as many endpoints as there may be."""

    kind = Kind.CONFLICT
    code = "too_many_webhooks"

    def __init__(self, limit: int) -> None:
        super().__init__(f"There must be at most {limit} webhook endpoints (WEBHOOK_MAX_ENDPOINTS).")


class WebhookDisabled(OrdersError):
    """The endpoint is disabled, so that nothing is delivered to it."""

    kind = Kind.CONFLICT
    code = "webhook_disabled"

    def __init__(self) -> None:
        super().__init__("The webhook endpoint is disabled; it must be enabled first.")


class EndpointState(Enum):
    ENABLED = "enabled"
    DISABLED = "disabled"


class DisabledReason(Enum):
    REQUESTED = "requested"  # by an administrator
    GONE = "gone"  # the endpoint answered 410
    FAILING = "failing"  # for 5 days


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecrets:
    """The secret that signs deliveries, and the former one, which signs them too until a moment."""

    current: str = field(repr=False)
    former: str | None = field(default=None, repr=False)
    former_until: datetime | None = None

    def valid_at(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at this moment, the current one first."""
        if self.former is None or self.former_until is None or self.former_until <= now:
            return (self.current,)
        return (self.current, self.former)

    def rotated(self, secret: str, *, at: datetime, overlap: timedelta) -> WebhookSecrets:
        """Return the secrets after the rotation.

        Raises:
            InvalidValue: the overlap is not 0 to 7 days.
        """
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            raise InvalidValue("Must be a time from 0 to 604,800 seconds.", field="overlap_seconds")
        return WebhookSecrets(current=secret, former=self.current, former_until=at + overlap)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A receiver of events. ``starts_after`` is the cursor of the event feed behind which it gets them.

    Raises:
        InvalidValue: a type is not one of the event feed, or there are none.
    """

    id: UUID
    url: str
    types: tuple[str, ...] | None = None  # all, if None
    ordered: bool = False  # whether an event waits until earlier ones of its order are delivered or have failed
    secrets: WebhookSecrets
    state: EndpointState = EndpointState.ENABLED
    disabled_reason: DisabledReason | None = None
    created_at: datetime
    starts_after: str
    failing_since: datetime | None = None
    last_failed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.types is not None and not self.types:
            raise InvalidValue("Must have at least one type, or be left out for all.", field="types")
        if unknown := sorted(set(self.types or ()).difference(WEBHOOK_TYPES)):
            names = ", ".join(name[:100] for name in unknown[:5])
            raise InvalidValue(f"{names}: a type must be one of: {', '.join(WEBHOOK_TYPES)}.", field="types")

    @property
    def is_enabled(self) -> bool:
        return self.state is EndpointState.ENABLED

    def selects(self, event_type: str) -> bool:
        return self.types is None or event_type in self.types

    def enabled(self, *, starts_after: str) -> WebhookEndpoint:
        """Return the endpoint enabled, for events behind the cursor; an enabled one is not changed."""
        if self.is_enabled:
            return self
        return replace(
            self,
            state=EndpointState.ENABLED,
            disabled_reason=None,
            starts_after=starts_after,
            failing_since=None,
            last_failed_at=None,
        )

    def disabled(self, reason: DisabledReason) -> WebhookEndpoint:
        """Return the endpoint disabled; one that is disabled keeps its reason."""
        return replace(self, state=EndpointState.DISABLED, disabled_reason=reason) if self.is_enabled else self

    def succeeded(self) -> WebhookEndpoint:
        """Return the endpoint after a delivery."""
        return replace(self, failing_since=None, last_failed_at=None)

    def failed(self, *, at: datetime, is_gone: bool) -> WebhookEndpoint:
        """Return the endpoint after a failed attempt; it is disabled if it is gone, or has failed for 5 days."""
        since = self.failing_since
        if since is None or self.last_failed_at is None or at - self.last_failed_at > MAX_GAP:
            since = at
        after = replace(self, failing_since=min(since, at), last_failed_at=max(self.last_failed_at or at, at))
        if is_gone:
            return after.disabled(DisabledReason.GONE)
        return after.disabled(DisabledReason.FAILING) if at - since >= MAX_FAILING_TIME else after


def selected_types(endpoints: Collection[WebhookEndpoint]) -> frozenset[str] | None:
    """Return the types that any of the endpoints selects; None for all."""
    if any(endpoint.types is None for endpoint in endpoints):
        return None
    return frozenset(name for endpoint in endpoints for name in endpoint.types or ())
