"""Event publisher that publishes ids of users as numbers, for consumers whose users have integers as ids."""

from collections.abc import Sequence
from dataclasses import replace

from orders_domain.model.events import Event
from orders_domain.model.values.user_ids import as_number
from orders_domain.ports.event_publisher import EventPublisher


class NumericUserIdsPublisher(EventPublisher):
    """See ``orders_domain.ports.event_publisher``. Ids that are not canonical whole numbers stay strings."""

    def __init__(self, publisher: EventPublisher) -> None:
        self.publisher = publisher

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        return self.publisher.publish([with_numeric_user_id(event) for event in events])


def with_numeric_user_id(event: Event) -> Event:
    """Return the event with its user's id as a number, if it is a canonical whole number."""
    user_id = event.data.get("user_id")
    return replace(event, data={**event.data, "user_id": as_number(user_id)}) if isinstance(user_id, str) else event
