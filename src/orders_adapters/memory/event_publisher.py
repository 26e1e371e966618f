"""In-memory event publisher, which logs every event and stores the latest ones."""

import logging
from collections import deque
from collections.abc import Sequence

from orders_domain.model.events import Event
from orders_domain.ports.event_publisher import EventPublisher

log = logging.getLogger(__name__)


class InMemoryEventPublisher(EventPublisher):
    """``published`` holds the latest ``size`` events, oldest first."""

    def __init__(self, *, size: int = 10_000) -> None:
        self.published: deque[Event] = deque(maxlen=size)

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        for event in events:
            self.published.append(event)
            log.info("published %s of order %s, version %s", event.type, event.order_id, event.version)
        return [None] * len(events)
