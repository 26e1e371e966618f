"""Readers: they read changing orders and lists repeatedly."""

from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor

PATHS = {
    "orders": "/orders/",
    "management": "/api/v1/orders/",
    "ostore": "/ostore/orders/",
    "checkout": "/api/orders/",
    "shop": "/v1/orders/",
}


class Reader(Actor):
    """Each order is read as its owner."""

    pause = (0.0, 0.01)

    def act(self) -> None:
        contracts = ("orders",) * 3 + ("checkout", "management", "ostore", "shop")
        order = self.shared.pick(self.chance, self.chance.choice(contracts), newest=self.chance.choice((4, 30, 500)))
        if order is None:
            self.wait(0.05, 0.1)
            return
        token = bearer_token(order.user)
        for _ in range(self.chance.randint(1, 3)):
            path = f"{PATHS[order.contract]}{order.ref}"
            self.attempt(f"{order.contract}.read", "GET", path, token=token, order=order.ref)
        if self.chance.random() < 0.05:
            self.attempt("orders.list", "GET", f"/orders/user/{order.user}?limit=20", token=token)
            self.attempt("management.list", "GET", "/api/v1/orders/my-orders?limit=10", token=token)
