"""Use case: queue the deliveries of new events of the event feed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from orders_domain.model.events import Event
from orders_domain.model.feed.cursor import START, CursorExpired, FeedCursor, parse_cursor
from orders_domain.model.feed.page import MAX_PAGE_SIZE, FeedFilter, FeedPage
from orders_domain.model.webhooks.delivery import WebhookMessage
from orders_domain.model.webhooks.endpoint import WEBHOOK_TYPES, WebhookEndpoint, selected_types
from orders_domain.ports.clock import Clock
from orders_domain.ports.events.event_feed import EventFeed
from orders_domain.ports.store_identity import StoreIdentity
from orders_domain.ports.webhooks.deliveries import NewDelivery, QueuePosition, WebhookQueue
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository

RESTORE_MARGIN = timedelta(hours=1)
"""Before the last reading of the feed; the changes since then are read again after a restore."""
PAST = timedelta(days=1)
"""Before the addition of an endpoint; events from before that are not new for it, whenever they were stored."""


def queue_webhook_deliveries(
    *,
    queue: WebhookQueue,
    endpoints: WebhookEndpointRepository,
    feed: EventFeed,
    store_identity: StoreIdentity,
    event_bytes: Callable[[Event], bytes],
    clock: Clock,
    limit: int = MAX_PAGE_SIZE,
) -> int:
    """Queue the deliveries of at most ``limit`` new events to the enabled endpoints; return the number of deliveries.

    Any number of processes may do this at once. An event is queued once for an endpoint that selects its type and was
    enabled before the event was committed, unless it was added a day after the event, which is of an order of the past,
    then. After a restore of the store the events of the last hour before it are
    read again; receivers know them by their ids.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    wanted = [endpoint for endpoint in endpoints.list() if endpoint.is_enabled]
    if not wanted:
        return 0
    identity, previous, now = store_identity.get(), queue.position(), clock()
    after, since = _beginning(previous, wanted, identity)
    types = selected_types(wanted)
    page = feed.read(FeedFilter(after=after, types=types, since=since, limit=limit))
    if page.end == after:
        return 0
    # Read after the page, so that an endpoint which was stored before an event of the page is among them.
    present = [endpoint for endpoint in endpoints.list() if endpoint.is_enabled]
    if types is not None and not types.issuperset(_types(present)):
        return 0  # an endpoint with further types was added meanwhile, so that the page may lack its events
    deliveries = _deliveries(page, present, identity, event_bytes)
    position = QueuePosition(cursor=page.end.text(identity), read_at=now, since=since)
    return len(deliveries) if queue.add_from_feed(deliveries, previous=previous, position=position, now=now) else 0


def _beginning(
    previous: QueuePosition | None, wanted: Sequence[WebhookEndpoint], identity: str
) -> tuple[FeedCursor, datetime | None]:
    """Return the cursor and the time behind which the feed is read."""
    first = min(_cursor(endpoint.starts_after, identity) for endpoint in wanted)
    if previous is None:
        return first, None
    try:
        return max(parse_cursor(previous.cursor, identity), first), previous.since
    except CursorExpired:
        return START, previous.read_at - RESTORE_MARGIN


def _deliveries(
    page: FeedPage, endpoints: Sequence[WebhookEndpoint], identity: str, event_bytes: Callable[[Event], bytes]
) -> list[NewDelivery]:
    starts = [(endpoint, _cursor(endpoint.starts_after, identity)) for endpoint in endpoints]
    deliveries = []
    for entry in page.entries:
        event = entry.event
        selecting = [
            each
            for each, start in starts
            if each.selects(event.type) and entry.cursor > start and event.at > each.created_at - PAST
        ]
        if selecting:
            body = event_bytes(event)
            message = WebhookMessage(
                id=event.id, type=event.type, order_id=event.order_id, version=event.version, body=body
            )
            deliveries += [NewDelivery(endpoint_id=each.id, message=message) for each in selecting]
    return deliveries


def _cursor(text: str, identity: str) -> FeedCursor:
    """Return the cursor; that of a store before its restore is the beginning."""
    try:
        return parse_cursor(text, identity)
    except CursorExpired:
        return START


def _types(endpoints: Sequence[WebhookEndpoint]) -> frozenset[str]:
    types = selected_types(endpoints)
    return frozenset(WEBHOOK_TYPES) if types is None else types
