"""Fan-out publisher: all events to the first broker, and notifications to the second one as well."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from orders_domain.errors import PublisherUnavailable
from orders_domain.model.events import USER_NOTIFICATION, Event
from orders_domain.ports.event_publisher import Deferred, EventPublisher

RETRY_DELAY = 30.0  # seconds without a further attempt at an unavailable broker, because each may take a timeout


class FanOutPublisher(EventPublisher):
    """A notification is published when both brokers have confirmed it.

    While the second broker is unavailable, notifications and later events of the same orders wait. Events of other
    orders are delayed by one timeout every 30 s.
    """

    def __init__(
        self, events: EventPublisher, notifications: EventPublisher, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._events, self._notifications, self._clock = events, notifications, clock
        self._unavailable, self._until = Deferred(""), float("-inf")

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        refusals = self._publish_notifications([event for event in events if event.type == USER_NOTIFICATION])
        rest = [event for event in events if refusals.get(event.id) is None]
        refusals |= zip([event.id for event in rest], self._events.publish(rest), strict=True)
        return [refusals[event.id] for event in events]

    def _publish_notifications(self, events: Sequence[Event]) -> dict[object, str | None]:
        if not events:
            return {}
        refusals: Sequence[str | None] = [self._unavailable] * len(events)
        if self._clock() >= self._until:
            try:
                refusals = self._notifications.publish(events)
            except PublisherUnavailable as error:
                self._unavailable, self._until = Deferred(str(error)), self._clock() + RETRY_DELAY
                refusals = [self._unavailable] * len(events)
        return dict(zip([event.id for event in events], refusals, strict=True))
