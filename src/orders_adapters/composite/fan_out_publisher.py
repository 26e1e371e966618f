"""Two brokers as one publisher: everything to the one, and notifications to the other, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from orders_domain.errors import PublisherUnavailable
from orders_domain.model.events import USER_NOTIFICATION, Event
from orders_domain.ports.event_publisher import Deferred, EventPublisher

RETRY_DELAY = 30.0  # seconds for which a broker that was away is not asked again: each time may take a time-out


class FanOutPublisher:
    """See ``orders_domain.ports.event_publisher``. A notification is safe when both brokers have it.

    While the second is away notifications wait, and with them what comes later of the same orders. Other orders' events
    wait for it once in half a minute, for one time-out.
    """

    def __init__(
        self, events: EventPublisher, notifications: EventPublisher, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._events, self._notifications, self._clock = events, notifications, clock
        self._unavailable, self._until = Deferred(""), float("-inf")

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        verdicts = self._publish_notifications([event for event in events if event.type == USER_NOTIFICATION])
        rest = [event for event in events if verdicts.get(event.id) is None]
        verdicts |= zip([event.id for event in rest], self._events.publish(rest), strict=True)
        return [verdicts[event.id] for event in events]

    def _publish_notifications(self, events: Sequence[Event]) -> dict[object, str | None]:
        if not events:
            return {}
        heard: Sequence[str | None] = [self._unavailable] * len(events)
        if self._clock() >= self._until:
            try:
                heard = self._notifications.publish(events)
            except PublisherUnavailable as error:
                self._unavailable, self._until = Deferred(str(error)), self._clock() + RETRY_DELAY
                heard = [self._unavailable] * len(events)
        return dict(zip([event.id for event in events], heard, strict=True))
