"""Payment messengers: they publish the facts of a payment provider to RabbitMQ, blindly repeated and in any order."""

from datetime import UTC, datetime
from typing import Any

from tests.torture.load.publisher import Publisher
from tests.torture.load.shared import Shared
from tests.torture.load.shop import ShopActor

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
            self._publisher.insist(
                message,
                self.shared,
                client=self.name,
                kind="payments.publish",
                request_id=message["event_id"],
                order=message["order"],
                subject=f"{message['provider']} {message['reference']} {message['kind']}",
                amount=message["amount_minor"],
            )

    def close(self) -> None:
        super().close()
        self._publisher.close()

    def _message(self, amount: int) -> dict[str, Any]:
        names = {"event_id": self.new_id(), "order": self.id, "provider": PROVIDER, "reference": self.new_id()}
        at = datetime.now(UTC).isoformat()
        return names | {"kind": "captured", "amount_minor": amount, "currency": "USD", "occurred_at": at}
