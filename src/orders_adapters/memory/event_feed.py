"""In-memory event feed, in the order of the commits."""

from copy import deepcopy
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.feed.cursor import FeedCursor
from orders_domain.model.feed.page import FeedFilter, FeedPage, feed_entries
from orders_domain.ports.events.event_feed import EventFeed


class InMemoryEventFeed(EventFeed):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def read(self, feed_filter: FeedFilter) -> FeedPage:
        ref, after = feed_filter.order, max(feed_filter.after.position, 0)
        with self._store.read_lock:
            order_id = self._store.ids.get(ref, UUID(int=0)) if isinstance(ref, int) else ref
            places = [
                FeedCursor(position, entry.order_id, entry.version)
                for position, entry in enumerate(self._store.entries[after:], start=after + 1)
                if order_id in (None, entry.order_id) and feed_filter.matches(entry.kind, entry.at)
            ]
            page = places[: feed_filter.limit]
            histories = deepcopy({place.order_id: self._store.histories[place.order_id] for place in page})
            count = len(self._store.entries)
        is_last = len(places) < feed_filter.limit
        end = page[-1] if page else feed_filter.after
        if is_last and count > max(end.position, 0):
            end = _behind(count)
        return FeedPage(entries=feed_entries(page, histories), end=end, is_last=is_last)

    def end(self) -> FeedCursor:
        with self._store.read_lock:
            return _behind(len(self._store.entries))


def _behind(position: int) -> FeedCursor:
    """Return the cursor behind the entry at the position, also if it is compared with the entry's own cursor."""
    return FeedCursor(position, UUID(int=2**128 - 1), 0)
