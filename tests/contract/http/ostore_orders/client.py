"""Test client of the contract `ostore`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orders_domain import Role
from tests.support.client import Answer, Caller
from tests.support.service_stack import Stack

ORDERS = "/ostore/orders"


@dataclass(frozen=True, kw_only=True)
class OStoreShopper(Caller):
    """A caller of `ostore`."""

    orders: str = ORDERS

    def wants(self, *items: tuple[int, int], user: object = None, key: str | None = None) -> Answer:
        """Request an order of the given quantity of each product id."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.post(body(*items, user=user or self.subject), **headers)

    def ordered(self, *items: tuple[int, int], user: object = None) -> dict[str, Any]:
        """Place an order; return the response body."""
        response = self.wants(*items, user=user)
        assert response.status_code == 201, response.text
        return dict(response.json)

    def see(self, order: dict[str, Any], **headers: str) -> Answer:
        return self.ask("GET", f"{ORDERS}/{order['orderID']}", headers=headers)


def ostore_shopper(stack: Stack, subject: str | None = None, *, role: Role = Role.CUSTOMER) -> OStoreShopper:
    """A new customer, unless a subject is given."""
    caller = stack.caller(subject, role=role)
    return OStoreShopper(app=caller.app, subject=caller.subject, token=caller.token)


def body(*items: tuple[Any, Any], user: object) -> dict[str, Any]:
    """A valid body of product ids and quantities."""
    return {
        "userID": user,
        "orderItems": [{"productID": product_id, "quantity": quantity} for product_id, quantity in items],
    }


def error(response: Answer, status: int) -> str:
    """Return the message of an error response, after checking its shape."""
    assert response.status_code == status, (response.status_code, response.text[:500])
    assert response.mimetype == "application/json"
    assert response.json.keys() - {"unavailableItems"} == {"error"}
    message = response.json["error"]
    assert isinstance(message, str)
    assert message
    assert "Traceback" not in response.text
    return message
