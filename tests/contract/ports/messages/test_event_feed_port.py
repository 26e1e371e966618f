"""Contract of EventFeed, on every adapter."""

from orders_adapters.testing.event_feed import EventFeedTests


class TestEventFeed(EventFeedTests):
    pass
