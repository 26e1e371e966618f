"""Event publisher port."""

from collections.abc import Sequence
from typing import Protocol

from orders_domain.model.events import Event


class Deferred(str):
    """The reason why an event cannot be published now although others can. It does not count as an attempt."""

    __slots__ = ()


class Unpublishable(str):
    """The reason why this event can never be published, whatever the state of the broker."""

    __slots__ = ()


class EventPublisher(Protocol):
    """Publishes events to a broker, at least once."""

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        """Publish the events in this order, and wait for the broker's confirmation of each.

        Returns:
            For each event None if the broker confirmed it, otherwise the reason why the broker rejects it now, such as
            a full queue; a ``Deferred`` if only this event's broker is unavailable, and an ``Unpublishable`` if the
            fault is in the event.

        Raises:
            PublisherUnavailable: the broker is unavailable; any of the events may have been published.
            Exception: one of the events has no message, because its data is invalid.
        """
        ...
