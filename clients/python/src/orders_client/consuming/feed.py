"""Event feed of the service as a source: it needs no broker."""

import time
from collections.abc import Collection, Iterator

from orders_client.client import OrdersClient
from orders_client.consuming.deliveries import Delivery, read_event
from orders_client.errors import Conflict
from orders_client.events import Event

PAUSE = 1.0
"""Seconds from one poll of an empty feed to the next one, at least."""


class EventFeed:
    """Reads `GET /v1/events` from the first event, or from `start` (a cursor, or `latest`).

    `types` are the classes of the events to read, by default all. `wait` is the seconds of a long poll, 0 to 30. After
    the service was restored from a backup the feed is read from its beginning, and the inbox knows what was handled.
    With `start` it does not know the events before, so that `Conflict` (`cursor_expired`) is raised instead: go on with
    another consumer of the inbox, or without `start`.
    """

    def __init__(
        self,
        client: OrdersClient,
        *,
        types: Collection[type[Event]] = (),
        start: str | None = None,
        wait: int = 20,
        limit: int = 100,
    ) -> None:
        self._client = client
        self._types = ",".join(kind.TYPE for kind in types) or None
        self._start = start
        self._wait = wait
        self._limit = limit

    def deliveries(self, position: str | None) -> Iterator[Delivery | None]:
        """Yield the events of each page, the last one with the position behind it; None for an empty page."""
        cursor = position or self._start
        while True:
            begun = time.monotonic()
            try:
                page = self._client.shop.read_events(
                    after=cursor, types=self._types, limit=self._limit, wait=self._wait
                )
            except Conflict as conflict:
                if conflict.code != "cursor_expired" or cursor is None or self._start is not None:
                    raise
                cursor = None
                continue
            for number, event in enumerate(page.data, start=1):
                position = page.next_cursor if number == len(page.data) else None
                yield Delivery(event=read_event(vars(event)), position=position)
            if not page.data and page.next_cursor != cursor:  # behind events of other types
                yield Delivery(event=None, position=page.next_cursor)
            cursor = page.next_cursor
            if not page.data:
                yield None
                time.sleep(max(0.0, PAUSE - (time.monotonic() - begun)))
