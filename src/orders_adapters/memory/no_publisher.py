"""Event publisher without a broker: every event waits in the outbox."""

from collections.abc import Sequence
from typing import NoReturn

from orders_domain.errors import PublisherUnavailable
from orders_domain.model.events import Event
from orders_domain.ports.event_publisher import EventPublisher


class NoPublisher(EventPublisher):
    """A broker that is never available, because an event that is counted as sent cannot be published later."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def publish(self, events: Sequence[Event]) -> NoReturn:
        self.ping()

    def ping(self) -> NoReturn:
        """Raise PublisherUnavailable, as the other publishers do without their broker."""
        raise PublisherUnavailable(self._reason)
