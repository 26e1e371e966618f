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
        return self.publisher.publish([_numeric(event) for event in events])


def _numeric(event: Event) -> Event:
    user_id = event.data.get("user_id")
    return replace(event, data={**event.data, "user_id": as_number(user_id)}) if isinstance(user_id, str) else event
