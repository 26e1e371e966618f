"""Event feed port: the events of committed changes, in an order that never inserts before what was read."""

from typing import Protocol

from orders_domain.model.feed.cursor import FeedCursor
from orders_domain.model.feed.page import FeedFilter, FeedPage


class EventFeed(Protocol):
    """The events of all orders, built from their histories. Every method raises StoreUnavailable."""

    def read(self, feed_filter: FeedFilter) -> FeedPage:
        """Return the selected events after the cursor.

        Reading on from ``end`` returns every event exactly once, whenever its transaction commits, and the events of an
        order in the order of their versions. An event is readable once it is committed and no older transaction is
        open. The cost of a page does not depend on its place; an event has the bytes that the broker gets.
        """
        ...

    def end(self) -> FeedCursor:
        """Return the cursor behind the last readable event."""
        ...
