"""Use case: publish events of the feed again."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from orders_domain.errors import PublisherUnavailable
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.events import Event
from orders_domain.model.feed.page import MAX_PAGE_SIZE, FeedFilter
from orders_domain.ports.event_publisher import EventPublisher
from orders_domain.ports.events.event_feed import EventFeed
from orders_domain.ports.store_identity import StoreIdentity
from orders_domain.use_cases.events.read_events import cursor_after


class EventRejected(PublisherUnavailable):
    """The broker rejects an event, such as for a full queue; the replay can be resumed from its last cursor."""

    code = "event_rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEvents:
    """The events to publish again, of changes from ``since`` until before ``before``; ``after`` resumes a replay."""

    actor: Actor
    after: str | None = None
    types: Collection[str] | None = None
    since: datetime | None = None
    before: datetime | None = None
    limit: int = MAX_PAGE_SIZE  # events published at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStep:
    """The number of events of one step, all confirmed, and the cursor behind what was read."""

    published: int
    cursor: str


def replay_events(
    request: ReplayEvents, *, feed: EventFeed, store_identity: StoreIdentity, publisher: EventPublisher
) -> Iterator[ReplayStep]:
    """Publish the events that were readable at the start, with their ids, and yield a step for each page.

    The events of an order are published in their order, each after the confirmation of the one before. The outbox is
    not changed.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue, CursorExpired: see ``read_events``.
        EventRejected: the broker rejects an event.
        PublisherUnavailable: the broker is unavailable; any event of the step may have been published.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    identity = store_identity.get()
    first = FeedFilter(
        after=cursor_after(request.after, identity, feed),
        types=request.types,
        since=request.since,
        before=request.before,
        limit=request.limit,
    )
    return _steps(first, identity, feed, publisher)


def _steps(first: FeedFilter, identity: str, feed: EventFeed, publisher: EventPublisher) -> Iterator[ReplayStep]:
    end, feed_filter, is_last = feed.end(), first, False
    while not is_last:
        page = feed.read(feed_filter)
        events = [entry.event for entry in page.entries if entry.cursor <= end]
        for batch in _batches(events):
            _publish(batch, publisher)
        yield ReplayStep(published=len(events), cursor=page.end.text(identity))
        is_last = page.is_last or page.end >= end
        feed_filter = replace(feed_filter, after=page.end)


def _batches(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Yield batches with at most one event of each order, because a rejected event must not be overtaken."""
    batch: dict[UUID, Event] = {}
    for event in events:
        if event.order_id in batch:
            yield list(batch.values())
            batch = {}
        batch[event.order_id] = event
    if batch:
        yield list(batch.values())


def _publish(batch: Sequence[Event], publisher: EventPublisher) -> None:
    for event, reason in zip(batch, publisher.publish(batch), strict=True):
        if reason is not None:
            raise EventRejected(f"The broker rejects the event {event.id}: {reason}")
