"""Carriers: they publish tracking events to RabbitMQ, twice and in random order."""

import threading
from datetime import UTC, datetime
from typing import Any

from tests.torture.load.actor import Actor
from tests.torture.load.publisher import Publisher
from tests.torture.load.shared import PlacedOrder, Shared
from tests.torture.log import Operation, Outcome, now

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
            self._insist_on(event)

    def close(self) -> None:
        super().close()
        self._publisher.close()

    def _event(self, order: PlacedOrder, word: str) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat()
        return {"eventId": self.new_id(), "orderID": int(order.ref), "status": word, "occurredAt": at}

    def _insist_on(self, event: dict[str, Any]) -> None:
        while True:
            began = now()
            error = self._publisher.publish(event)
            outcome = Outcome.UNKNOWN if error else Outcome.ACKNOWLEDGED
            self.shared.log.add(
                Operation(
                    client=self.name,
                    kind="carrier.publish",
                    request_id=event["eventId"],
                    began=began,
                    ended=now(),
                    outcome=outcome,
                    order=str(event["orderID"]),
                    word=event["status"],
                    detail=error or "",
                )
            )
            if outcome is Outcome.ACKNOWLEDGED or not self.shared.patient:
                return
            threading.Event().wait(0.3)
