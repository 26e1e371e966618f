"""Pages of the event feed: which events are read, and how they are built from the histories of their orders."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.model.events import EVENT_TYPES, Event, event_for
from orders_domain.model.feed.cursor import START, FeedCursor
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import rebuild
from orders_domain.model.order_ref import OrderRef

MAX_PAGE_SIZE = 200
FEED_TYPES = tuple(EVENT_TYPES.values())
"""The types of the feed: those of changes of orders. Notifications and low stocks are no changes of an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFilter:
    """Selects at most ``limit`` events after a cursor.

    Raises:
        InvalidValue: a type is not in the feed, or the limit is not 1 to 200.
    """

    after: FeedCursor = START
    types: Collection[str] | None = None  # all, if None
    order: OrderRef | None = None
    since: datetime | None = None  # by the time of the change, which need not ascend in the feed
    before: datetime | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        if unknown := [name for name in self.types or () if name not in FEED_TYPES]:
            raise InvalidValue(f"{', '.join(sorted(unknown))}: a type must be one of: {', '.join(FEED_TYPES)}.")
        if type(self.limit) is not int or not 1 <= self.limit <= MAX_PAGE_SIZE:
            raise InvalidValue(f"The limit must be a whole number from 1 to {MAX_PAGE_SIZE}.", field="limit")

    def matches(self, kind: str, at: datetime) -> bool:
        """Return whether a history entry of the kind and the time is selected, apart from its order and place."""
        return (
            (self.types is None or EVENT_TYPES[kind] in self.types)
            and (self.since is None or at >= self.since)
            and (self.before is None or at < self.before)
        )


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event and the cursor behind it."""

    event: Event
    cursor: FeedCursor


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Events in the order of the feed.

    ``end`` is the cursor behind everything that was examined, so it may be behind the last event. ``is_last`` says
    that no later event was readable.
    """

    entries: Sequence[FeedEntry]
    end: FeedCursor
    is_last: bool


def feed_entries(places: Sequence[FeedCursor], histories: Mapping[UUID, Sequence[HistoryEntry]]) -> list[FeedEntry]:
    """Return the events at the places; ``histories`` has each order's history from its beginning to its last place."""
    wanted: dict[UUID, set[int]] = {}
    for place in places:
        wanted.setdefault(place.order_id, set()).add(place.version)
    events = {
        (order_id, event.version): event
        for order_id, versions in wanted.items()
        for event in _events(histories[order_id], versions)
    }
    return [FeedEntry(events[place.order_id, place.version], place) for place in places]


def _events(history: Sequence[HistoryEntry], versions: Collection[int]) -> Iterator[Event]:
    """Yield the events of these versions, each built from the order as it was after the change."""
    order = rebuild(history[:1])
    for entry in history[: max(versions)]:
        if entry.version > 1:
            order.apply(entry)
        if entry.version in versions:
            yield event_for(entry, order)
