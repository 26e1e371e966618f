"""Buyers of each contract: they place orders under a key, repeat requests, read orders, and change them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.torture.client import Client
from tests.torture.credentials import bearer_token, signed_cart
from tests.torture.load.actor import Actor
from tests.torture.load.shared import PlacedOrder, Shared
from tests.torture.log import Operation, Outcome

ADDRESS = {
    "shipping_address_line1": "123 Main St",
    "shipping_city": "New York",
    "shipping_state": "NY",
    "shipping_postal_code": "10001",
    "shipping_country": "USA",
}


class Buyer(Actor):
    """`contract` and `path` select the endpoint; `body` creates the request body."""

    contract: str
    path: str

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self.token = bearer_token(name)
        self.second = Client(shared.port)

    def close(self) -> None:
        super().close()
        self.second.close()

    def body(self, key: str) -> Mapping[str, Any]:
        raise NotImplementedError

    def act(self) -> None:
        key = self.new_id()
        body = self.body(key)
        request = (f"{self.contract}.place", "POST", self.path, body)
        if self.chance.random() < 0.15:
            placed = self._double_click(request, key)
        else:
            placed = self.retry_until_final(*request, token=self.token, key=key, request_id=key)
        if placed.outcome is not Outcome.ACKNOWLEDGED or placed.order is None:
            return
        self.shared.placed(PlacedOrder(contract=self.contract, ref=placed.order, user=self.name))
        self.go_on(placed.order)
        if self.chance.random() < 0.1:  # a client that did not receive the response
            self.attempt(*request, token=self.token, key=key, request_id=key)

    def go_on(self, order: str) -> None:
        """Change the order as its buyer."""
        self.read(order)

    def read(self, order: str, *, client: Client | None = None) -> None:
        kind, path = f"{self.contract}.read", f"{self.path}{order}"
        self.attempt(kind, "GET", path, token=self.token, order=order, client=client)

    @contextmanager
    def watching(self, order: str) -> Iterator[None]:
        """Read the order repeatedly in the block, on a second connection."""
        enough = threading.Event()

        def watch() -> None:
            while not enough.wait(0.002):
                self.read(order, client=self.second)

        thread = threading.Thread(target=watch, name=f"{self.name} watching")
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()

    def _double_click(self, request: tuple[str, str, str, Any], key: str) -> Operation:
        """The same request on two connections at once."""

        def again() -> None:
            self.attempt(*request, token=self.token, key=key, request_id=key, client=self.second)

        thread = threading.Thread(target=again, name=f"{self.name} again")
        thread.start()
        placed = self.retry_until_final(*request, token=self.token, key=key, request_id=key)
        thread.join()
        return placed

    def demand(self) -> tuple[int, int]:
        """A product, mostly a scarce one, and its quantity."""
        products = sorted(self.shared.products)
        product = products[0] if self.chance.random() < 0.4 else self.chance.choice(products)
        return product, 10_000 if self.chance.random() < 0.03 else self.chance.randint(1, 3)


class OrdersBuyer(Buyer):
    """Pay and ship concurrently, while others read."""

    contract, path = "orders", "/orders/"

    def body(self, key: str) -> Mapping[str, Any]:
        quantity = self.chance.randint(1, 9)
        wrong = self.chance.random() < 0.04
        return {
            "items": [{"sku": "tea", "quantity": quantity, "unit_price": 37.5, "ref": key}],
            "total_price": quantity * 37.5 + wrong,
        }

    def go_on(self, order: str) -> None:
        self.read(order)
        last = self.chance.choice((None, "PAID", "PAID", "SHIPPED", "SHIPPED", "CANCELED"))
        with self.watching(order):
            for status in ("PAID", "SHIPPED") if last == "SHIPPED" else (last,):
                if status:
                    path, body = f"/orders/{order}", {"status": status}
                    self.retry_until_final("orders.change", "PATCH", path, body, token=self.token, order=order)
        self.read(order)


class ManagementBuyer(Buyer):
    contract, path = "management", "/api/v1/orders/"

    def body(self, key: str) -> Mapping[str, Any]:
        product, quantity = self.demand()
        return {**ADDRESS, "order_items": [{"product_id": product, "quantity": quantity}]}

    def go_on(self, order: str) -> None:
        self.read(order)
        if self.chance.random() < 0.3:
            path = f"{self.path}{order}"
            self.retry_until_final("management.delete", "DELETE", path, token=self.token, order=order)


class OStoreBuyer(Buyer):
    contract, path = "ostore", "/ostore/orders/"

    def body(self, key: str) -> Mapping[str, Any]:
        items = [dict(zip(("productID", "quantity"), self.demand(), strict=True))]
        return {"userID": self.name, "orderItems": items}


class CheckoutBuyer(Buyer):
    contract, path = "checkout", "/api/orders/"

    def body(self, key: str) -> Mapping[str, Any]:
        cart = signed_cart(key, user_id=self.name, quantity=self.chance.randint(1, 9))
        if self.chance.random() < 0.04:
            cart["cartVersion"] = 2  # no longer the signed content
        return {"cartSnapshot": cart}
