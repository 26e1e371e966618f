"""Use case: read the event feed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from orders_domain.model.access import ADMIN_OR_READER
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.events import Event
from orders_domain.model.feed.cursor import LATEST, START, FeedCursor, parse_cursor
from orders_domain.model.feed.page import FeedFilter
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.events.event_feed import EventFeed
from orders_domain.ports.store_identity import StoreIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """``after`` is a ``next_cursor``, or LATEST; None is the beginning. For the other members see ``FeedFilter``."""

    actor: Actor
    after: str | None = None
    types: Collection[str] | None = None
    order: OrderRef | None = None
    since: datetime | None = None
    before: datetime | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event, and the cursor to read on behind it."""

    event: Event
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events in the order of the feed; reading on from ``next_cursor`` returns each later event once.

    ``is_last`` says that no later event was readable. An empty page of a filter may not be the last one.
    """

    events: tuple[ReadEvent, ...]
    next_cursor: str
    is_last: bool


def read_events(request: ReadEvents, *, feed: EventFeed, store_identity: StoreIdentity) -> EventPage:
    """Return the selected events after the cursor, each as the broker gets it.

    Raises:
        AccessDenied: the actor is neither an administrator nor has the scope orders:read.
        InvalidValue: the cursor, a type or the limit is not valid.
        CursorExpired: the cursor is of another store, or of this one before a restore.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_OR_READER.authorize(request.actor)
    identity = store_identity.get()
    page = feed.read(
        FeedFilter(
            after=cursor_after(request.after, identity, feed),
            types=request.types,
            order=request.order,
            since=request.since,
            before=request.before,
            limit=request.limit,
        )
    )
    return EventPage(
        events=tuple(ReadEvent(entry.event, entry.cursor.text(identity)) for entry in page.entries),
        next_cursor=page.end.text(identity),
        is_last=page.is_last,
    )


def cursor_after(text: str | None, identity: str, feed: EventFeed) -> FeedCursor:
    """Return the cursor of a text: the beginning for None, and the end for LATEST."""
    if text is None:
        return START
    return feed.end() if text == LATEST else parse_cursor(text, identity)
