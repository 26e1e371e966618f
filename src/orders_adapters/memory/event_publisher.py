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
            log.info(
                "event.published: %(type)s of order %(order)s, version %(version)s",
                {"type": event.type, "order": str(event.order_id), "version": event.version},
            )
        return [None] * len(events)
