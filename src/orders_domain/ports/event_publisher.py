"""Telling the world."""

from collections.abc import Sequence
from typing import Protocol

from orders_domain.model.events import Event


class Deferred(str):
    """Why an event could not be sent for now, where others could: it costs the event no attempt."""


class EventPublisher(Protocol):
    """A way out for events, at least once."""

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        """Send the events, in this order, and wait until the broker has made each its own.

        Returns:
            For each event None when it is safe with the broker, else why the broker refused it; ``Away`` where it was
            not asked, being away for this event alone.

        Raises:
            PublisherUnavailable: the broker is away or does not answer; any of the events may have been taken.
        """
        ...
