"""Carriers: they publish tracking events to RabbitMQ, twice and in random order."""

from datetime import UTC, datetime
from typing import Any

from tests.torture.load.actor import Actor
from tests.torture.load.publisher import Publisher
from tests.torture.load.shared import PlacedOrder, Shared

QUEUE = "tracking_events"
TELLINGS = (["CONFIRMED"], ["IN_TRANSIT"], ["CONFIRMED", "IN_TRANSIT", "DELIVERED"], ["FAILED"])


class Carrier(Actor):
    pause = (0.1, 0.4)

    def __init__(self, name: str, shared: Shared, *, seed: int, url: str) -> None:
        super().__init__(name, shared, seed=seed)
        self._publisher = Publisher(url, queue=QUEUE)

    def act(self) -> None:
        order = self.shared.pick(self.chance, "ostore", newest=80)
        if order is None:
            return
        words = self.chance.choice(TELLINGS)
        events = [self._event(order, word) for word in words] * self.chance.choice((1, 2))
        self.chance.shuffle(events)
        for event in events:
            self._publisher.insist(
                event,
                self.shared,
                client=self.name,
                kind="carrier.publish",
                request_id=event["eventId"],
                order=str(event["orderID"]),
                word=event["status"],
            )

    def close(self) -> None:
        super().close()
        self._publisher.close()

    def _event(self, order: PlacedOrder, word: str) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat()
        return {"eventId": self.new_id(), "orderID": int(order.ref), "status": word, "occurredAt": at}
