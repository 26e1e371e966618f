"""Callers with each relation to an order, and orders placed through each contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from orders_domain import Actor, Order, OrderStatus, Role
from orders_domain.errors import OrderNotFound
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.status import TargetStatus
from orders_domain.use_cases import ChangeStatus
from tests.contract.http.checkout.carts import cart
from tests.contract.http.management.client import SHIPPING, Shopper, shopper
from tests.support.client import Answer, Caller, as_json
from tests.support.service_stack import Stack

ADMIN = Actor(subject="root", role=Role.ADMIN)
WRITE = ("orders:write",)
STEPS: Mapping[OrderStatus, tuple[OrderStatus, ...]] = {
    OrderStatus.PENDING: (),
    OrderStatus.DELIVERED: (OrderStatus.SHIPPED, OrderStatus.DELIVERED),
}
"""The way to each status; one step where none is given."""


@dataclass(frozen=True)
class People:
    """The owner of all orders, and callers with every relation to them, by name."""

    stack: Stack
    callers: Mapping[str, Caller] = field(init=False)
    keeper: Shopper = field(init=False)
    product_id: int = field(init=False)

    def __post_init__(self) -> None:
        owner = self.stack.caller()
        object.__setattr__(self, "keeper", shopper(self.stack, role=Role.ADMIN))
        object.__setattr__(self, "product_id", self.keeper.product(stock=100_000)["product_id"])
        callers = {
            "owner": owner,
            "owner and operator": self.stack.caller(owner.subject, scopes=WRITE),
            "owner and administrator": self.stack.caller(owner.subject, role=Role.ADMIN),
            "operator": self.stack.caller(scopes=WRITE),
            "administrator": self.stack.caller(role=Role.ADMIN),
            "stranger": self.stack.caller(),
        }
        object.__setattr__(self, "callers", callers)

    def __getitem__(self, name: str) -> Caller:
        return self.callers[name]

    def placed(self, contract: str) -> Placed:
        """Place an order of the owner through the contract; `guest` is a `checkout` order without an owner."""
        owner = self.callers["owner"]
        items = [{"product_id": self.product_id, "quantity": 1}]
        match contract:
            case "orders":
                response = owner.post({"items": [{"sku": "TEA-1"}], "total_price": 1}, path="/orders/")
            case "management":
                response = owner.post({**SHIPPING, "order_items": items}, path="/api/v1/orders/")
            case "template":
                body = {"name": "Tea", **SHIPPING, "order_items": items}
                template = owner.post(body, path="/api/v1/orders/templates").json["template_id"]
                response = owner.ask("POST", f"/api/v1/orders/templates/{template}/place")
            case "ostore":
                body = {"userID": owner.subject, "orderItems": [{"productID": self.product_id, "quantity": 1}]}
                response = owner.post(body, path="/ostore/orders/")
            case "shop":
                headers = {"Idempotency-Key": str(uuid4())}
                response = owner.post({"lines": items}, path="/v1/orders", **headers)
            case _:
                response = self._checked_out(owner.subject if contract == "checkout" else None)
        assert response.status_code in {200, 201}, response.text
        shown = response.json
        stored = self.stack.container.queries().get(
            next(
                UUID(ref) if isinstance(ref, str) else ref
                for ref in map(shown.get, ("id", "order_id", "orderID", "orderId"))
                if ref
            )
        )
        return Placed(self.stack, str(stored.id), stored.number or 0)

    def placed_in(self, contract: str, status: OrderStatus) -> Placed:
        """Place an order; an administrator then sets the status."""
        placed = self.placed(contract)
        for step in STEPS.get(status, (status,)):
            target = TargetStatus(step, frozenset({step}))
            change = ChangeStatus(actor=ADMIN, order_id=UUID(placed.id), target=target, access=ADMIN_ONLY)
            self.stack.container.change_status(change)
        return placed

    def _checked_out(self, user_id: str | None) -> Answer:
        snapshot = cart(user_id, snapshotId=str(uuid4()), cartId=str(uuid4()), createdAt=_now())
        sender = self.callers["operator" if user_id is None else "owner"]
        headers = {"Idempotency-Key": str(uuid4())}
        return sender.ask("POST", "/api/orders", headers=headers, **as_json({"cartSnapshot": snapshot}))


@dataclass(frozen=True)
class Placed:
    """A stored order, and a method for each command on it."""

    stack: Stack
    id: str
    number: int

    def status(self) -> str:
        """The stored status."""
        try:
            stored: Order = self.stack.container.queries().get(UUID(self.id))
        except OrderNotFound:
            return "DELETED"
        return stored.status.value

    def read(self, by: Caller, *, door: str) -> Answer:
        prefixes = {
            "orders": "/orders",
            "management": "/api/v1/orders",
            "ostore": "/ostore/orders",
            "checkout": "/api/orders",
            "shop": "/v1/orders",
        }
        return by.ask("GET", f"{prefixes[door]}/{self.id}")

    def patch(self, by: Caller, word: str) -> Answer:
        return by.ask("PATCH", f"/orders/{self.id}", **as_json({"status": word}))

    def put(self, by: Caller, word: str) -> Answer:
        return by.ask("PUT", f"/api/v1/orders/{self.number}/status", **as_json({"status": word}))

    def bulk(self, by: Caller, word: str) -> Answer:
        return by.post({"order_ids": [self.number], "status": word}, path="/api/v1/orders/bulk/status")

    def delete(self, by: Caller) -> Answer:
        return by.ask("DELETE", f"/api/v1/orders/{self.number}")

    def cancel(self, by: Caller) -> Answer:
        return by.ask("POST", f"/api/orders/{self.id}/cancel")

    def change(self, by: Caller, verb: str, body: dict[str, str]) -> Answer:
        """Send a change through the contract `shop`."""
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": "*"}
        return by.post(body, path=f"/v1/orders/{self.id}/{verb}", **headers)

    def track(self, word: str) -> str | None:
        """Handle a tracking event as `orders track` does; return the reason of a rejection, or None."""
        event: dict[str, Any] = {"eventId": str(uuid4()), "orderID": self.id, "status": word, "occurredAt": _now()}
        reason: str | None = self.stack.container.tracking_handler()(json.dumps(event).encode())
        return reason


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
