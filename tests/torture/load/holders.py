"""Holders: customers who hold units of scarce products, end some of the holds, and abandon the others."""

from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor
from tests.torture.load.shared import Shared
from tests.torture.log import Outcome


class Holder(Actor):
    pause = (0.05, 0.3)

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self.token = bearer_token(name)

    def act(self) -> None:
        key = self.new_id()
        products = self.chance.sample(sorted(self.shared.products), k=min(2, len(self.shared.products)))
        lines = [{"product_id": product, "quantity": self.chance.randint(1, 3)} for product in products]
        request = ("holds.take", "POST", "/v1/stock-holds", {"lines": lines, "seconds": 30})
        held = self.retry_until_final(*request, token=self.token, key=key, request_id=key)
        if held.outcome is not Outcome.ACKNOWLEDGED or held.order is None:
            return
        if self.chance.random() < 0.2:  # a client that did not receive the response
            self.attempt(*request, token=self.token, key=key, request_id=key)
        if self.chance.random() < 0.5:
            path = f"/v1/stock-holds/{held.order}"
            self.retry_until_final("holds.end", "DELETE", path, token=self.token, order=held.order)
