"""Two brokers as one publisher: everything to the one, and notifications to the other, too."""

from __future__ import annotations

from collections.abc import Sequence

from orders_domain.errors import PublisherUnavailable
from orders_domain.events import USER_NOTIFICATION, Event
from orders_domain.ports.publisher import Away, Publisher


class AlsoNotifying:
    """See ``orders_domain.ports.publisher``. A notification is safe when both brokers have it.

    While the second is away notifications wait, and nothing else does.
    """

    def __init__(self, everything: Publisher, notifications: Publisher) -> None:
        self._everything, self._notifications = everything, notifications

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        verdicts = self._notify([event for event in events if event.type == USER_NOTIFICATION])
        rest = [event for event in events if verdicts.get(event.id) is None]
        verdicts |= zip([event.id for event in rest], self._everything.publish(rest), strict=True)
        return [verdicts[event.id] for event in events]

    def _notify(self, events: Sequence[Event]) -> dict[object, str | None]:
        if not events:
            return {}
        try:
            heard = self._notifications.publish(events)
        except PublisherUnavailable as error:
            heard = [Away(str(error))] * len(events)
        return dict(zip([event.id for event in events], heard, strict=True))
