"""Event publisher port."""

from collections.abc import Sequence
from typing import Protocol

from orders_domain.model.events import Event


class Deferred(str):
    """The reason why an event cannot be published now although others can. It does not count as an attempt."""

    __slots__ = ()


class EventPublisher(Protocol):
    """Publishes events to a broker, at least once."""

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        """Publish the events in this order, and wait for the broker's confirmation of each.

        Returns:
            For each event None if the broker confirmed it, otherwise the reason why the broker rejected it; a
            ``Deferred`` if only this event's broker is unavailable.

        Raises:
            PublisherUnavailable: the broker is unavailable; any of the events may have been published.
        """
        ...
