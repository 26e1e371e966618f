"""Cancellers: operators of the checkout, and owners, who cancel orders."""

from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor
from tests.torture.load.shared import Shared


class Canceller(Actor):
    pause = (0.05, 0.2)

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self.token = bearer_token(name, scope="orders:write")

    def act(self) -> None:
        order = self.shared.pick(self.chance, "checkout", "orders", newest=60)
        if order is None:
            return
        if order.contract == "checkout":
            path, body = f"/api/orders/{order.ref}/cancel", {"reason": "changed their mind"}
            self.retry_until_final("checkout.cancel", "POST", path, body, token=self.token, order=order.ref)
            return
        path, body = f"/orders/{order.ref}", {"status": "CANCELED"}
        self.retry_until_final("orders.change", "PATCH", path, body, token=bearer_token(order.user), order=order.ref)
