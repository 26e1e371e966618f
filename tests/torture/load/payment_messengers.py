"""Payment messengers: they publish the facts of a payment provider to RabbitMQ, blindly repeated and in any order."""

import threading
from datetime import UTC, datetime
from typing import Any

from tests.torture.load.publisher import Publisher
from tests.torture.load.shared import Shared
from tests.torture.load.shop import ShopActor
from tests.torture.log import Operation, Outcome, now

QUEUE = "payment_facts"
PROVIDER = "acquirer"


class PaymentMessenger(ShopActor):
    """Each order is captured in parts. A fact may also come in two messages with ids of their own."""

    pause = (0.2, 0.6)

    def __init__(self, name: str, shared: Shared, *, seed: int, url: str) -> None:
        super().__init__(name, shared, seed=seed)
        self._publisher = Publisher(url, queue=QUEUE)

    def act(self) -> None:
        if not self.place({"lines": [{"product_id": self.chance.choice(sorted(self.shared.products)), "quantity": 2}]}):
            return
        total = int(self.order["totals"]["total_minor"])
        part = self.chance.randint(1, total - 1)
        messages = []
        for amount in self.chance.choice(([total], [part, total - part], [part])):
            message = self._message(amount)
            messages += [message] * self.chance.choice((1, 2, 3))
            if self.chance.random() < 0.3:
                messages.append(message | {"event_id": self.new_id()})
        self.chance.shuffle(messages)
        for message in messages:
            self._insist_on(message)

    def close(self) -> None:
        super().close()
        self._publisher.close()

    def _message(self, amount: int) -> dict[str, Any]:
        names = {"event_id": self.new_id(), "order": self.id, "provider": PROVIDER, "reference": self.new_id()}
        at = datetime.now(UTC).isoformat()
        return names | {"kind": "captured", "amount_minor": amount, "currency": "USD", "occurred_at": at}

    def _insist_on(self, message: dict[str, Any]) -> None:
        """Publish a message until it is confirmed."""
        while True:
            began, error = now(), self._publisher.publish(message)
            self.shared.log.add(
                Operation(
                    client=self.name,
                    kind="payments.publish",
                    request_id=message["event_id"],
                    began=began,
                    ended=now(),
                    outcome=Outcome.UNKNOWN if error else Outcome.ACKNOWLEDGED,
                    order=message["order"],
                    subject=f"{message['provider']} {message['reference']} {message['kind']}",
                    amount=message["amount_minor"],
                    detail=error or "",
                )
            )
            if not error or not self.shared.patient:
                return
            threading.Event().wait(0.3)
