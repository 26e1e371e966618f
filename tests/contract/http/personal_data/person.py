"""A person whose every text has a mark, and a search for the mark in everything that is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import redis

from orders_domain import Role
from orders_domain.model.notification import Alert, AlertRecipient
from orders_domain.use_cases import AddAlertRecipient, CreateUser
from orders_flask.cli._streaming import cli_actor
from tests.contract.http.checkout.carts import cart
from tests.contract.http.checkout.client import order as order_cart
from tests.contract.http.shop.client import Shopkeeper
from tests.support.client import Answer, Caller
from tests.support.service_stack import Stack

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Person:
    """A customer with an account. ``mark`` is in the id, the names, the addresses and all texts."""

    stack: Stack
    mark: str

    @property
    def email(self) -> str:
        return f"{self.mark}@example.com"

    @property
    def caller(self) -> Caller:
        return self.stack.caller(f"user-{self.mark}")

    @property
    def root(self) -> Caller:
        return self.stack.caller("root", role=Role.ADMIN, scopes=("orders:write",))

    @property
    def clerk(self) -> Shopkeeper:
        return Shopkeeper(self.stack.caller(scopes=("orders:write", "payments:write")))

    def text(self, what: str) -> str:
        return f"{what} {self.mark}"

    def address(self) -> dict[str, str]:
        return {
            "line1": self.text("1 Elm St"), "city": self.text("Town"), "state": "IL", "postal_code": "62701",
            "country": "US", "line2": self.text("c/o"),
        }  # fmt: skip

    def sign_up(self) -> None:
        request = CreateUser(actor=cli_actor(), email=self.email, password=PASSWORD, user_id=self.caller.subject)
        self.stack.container.create_user(request)
        recipient = AlertRecipient(alert=Alert.STOCK_LOW, address=self.email)
        self.stack.container.add_alert_recipient(AddAlertRecipient(actor=cli_actor(), recipient=recipient))

    def signs_in(self) -> Answer:
        anybody = self.stack.caller("anybody")
        return anybody.post({"email": self.email, "password": PASSWORD}, path="/auth/login")

    def places(self) -> dict[str, str]:
        """Place an order through each contract, and a guest's; return their ids by contract."""
        item = {"sku": "TEA", "quantity": 2, "unit_price": 5, "engraving": self.text("For")}
        headers = {"X-Request-ID": f"request-{self.mark}", "Idempotency-Key": f"key-{self.mark}"}
        own = self.caller
        placed = {"orders": own.post({"items": [item], "total_price": 10}, **headers).json["id"]}
        product = self.root.post(
            {"name": "Tea", "price": 5, "stock_quantity": 9, "sku": f"S{uuid4()}"}, path="/api/v1/products/"
        ).json
        lines = {"order_items": [{"product_id": product["product_id"], "quantity": 2}]}
        shipping = {f"shipping_{name.replace('line', 'address_line')}": text for name, text in self.address().items()}
        number = own.post(shipping | lines, path="/api/v1/orders/").json["order_id"]
        placed["management"] = self.root.ask("GET", f"/v1/orders/{number}").json["id"]
        own.post(shipping | lines | {"name": self.text("Weekly")}, path="/api/v1/orders/templates")
        placed["checkout"] = self._cart(own, own.subject)
        placed["guest"] = self._cart(self.stack.caller("cart-service", scopes=("orders:write",)), None)
        placed["shop"] = self._of_shop()
        body = {"lines": [{"product_id": product["product_id"], "quantity": 1}], "seconds": 60}
        own.ask("POST", "/v1/stock-holds", headers={"Idempotency-Key": f"hold-{self.mark}"}, json=body)
        return placed

    def _cart(self, caller: Caller, user_id: str | None) -> str:
        item = {"sku": "TEA", "title": self.text("Gift"), "quantity": 1, "unitPriceCents": 100}
        extra = {"email": self.email.upper(), "customer": {"name": self.text("Ann")}, "note": self.text("Ring")}
        snapshot = cart(user_id, item, snapshotId=str(uuid4()), **extra)
        answer = order_cart(caller, snapshot, key=str(uuid4()))
        assert answer.status_code == 201, answer.text
        return str(answer.json["orderId"])

    def _of_shop(self) -> str:
        """An order with every kind of text, of which nothing is open."""
        clerk = self.clerk
        line = {"title": self.text("Ring"), "quantity": 2, "unit_price_minor": 500, "content": {"for": self.mark}}
        order = clerk.place(
            line,
            customer={
                "user_id": self.caller.subject, "name": self.text("Ann"), "email": self.email, "phone": self.text("+1"),
            },
            shipping_address=self.address(),
            billing_address=self.address(),
            charges=[{"kind": "shipping", "amount_minor": 100, "text": self.text("To"), "code": "P"}],
            tags=[self.text("vip")],
            metadata={"by": self.text("friend")},
        )  # fmt: skip
        order = clerk.changed(order, "hold", {"reason": self.text("ask")})
        order = clerk.changed(order, "release")
        order = clerk.changed(order, "notes", {"text": self.text("called"), "visibility": "internal"})
        clerk.send("PATCH", order, "metadata", {"more": self.text("words")})
        clerk.send("PUT", order, "tags", {"tags": [self.text("tag")]})
        order = clerk.order(order)
        payment = {"provider": "bank", "reference": str(uuid4()), "kind": "captured", "amount_minor": 1_100}
        order = clerk.changed(order, "payments", payment)
        order = clerk.changed(order, "shipments", {"carrier": "Post", "tracking_number": self.text("T")})
        event = {"event_id": "1", "state": "delivered", "occurred_at": order["created_at"], "text": self.text("to")}
        assert clerk.post(f"/shipments/{order['shipments'][0]['id']}/events", event).status_code == 200
        order = clerk.order(order)
        units = {"lines": [{"number": 1, "quantity": 1}], "reason": self.text("ugly")}
        order = clerk.changed(order, "returns", units)
        refused = clerk.post(f"/returns/{order['returns'][0]['id']}/refuse", {"reason": self.text("worn")})
        assert refused.status_code == 200, refused.text
        order = clerk.order(order)
        order = clerk.changed(order, "refunds", {"amount_minor": 100, "reason": self.text("kind")})
        refund = {"provider": "bank", "reference": str(uuid4()), "kind": "refunded", "amount_minor": 100}
        return str(clerk.changed(order, "payments", refund)["id"])


def found_in(stack: Stack, mark: str) -> dict[str, list[str]]:
    """The values that contain the mark, by table, and those of Redis and the database file."""
    found: dict[str, list[str]] = {}
    for table, rows in stack.contents().items():
        if marked := [repr(row) for row in rows if mark.lower() in repr(row).lower()]:
            found[table] = marked
    if stack.settings.redis_url:
        with redis.Redis.from_url(stack.settings.redis_url) as server:
            if marked := [repr(key) for key in server.scan_iter("*") if mark.encode() in _of_redis(server, key)]:
                found["redis"] = marked
    else:
        files = [file.name for file in stack.directory.glob("orders.db*") if mark.encode() in file.read_bytes()]
        if files:
            found["files"] = files
    return found


def _of_redis(server: Any, key: bytes) -> bytes:
    return key + (server.dump(key) or b"")


def shown(stack: Stack, orders: dict[str, str], root: Caller) -> str:
    """Everything that contracts show of the orders, as text."""
    paths = []
    for order_id in orders.values():
        paths += [f"/v1/orders/{order_id}{rest}" for rest in ("", "/timeline", "?view=ucp", "?at=1")]
        paths += [f"/api/v1/orders/{order_id}{rest}" for rest in ("", "/history", "/statistics")]
        paths += [f"/api/orders/{order_id}", f"/ostore/orders/{order_id}", f"/v1/events?order={order_id}"]
    answers = [root.ask("GET", path) for path in paths]
    failed = [(path, answer.text) for path, answer in zip(paths, answers, strict=True) if answer.status_code >= 500]
    assert not failed, failed
    return json.dumps([answer.text for answer in answers])
