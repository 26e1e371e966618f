"""Test client of `management`, for customers and administrators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from orders_domain import Role
from tests.support.client import Answer, Caller, as_json
from tests.support.service_stack import Stack

ORDERS = "/api/v1/orders"
PRODUCTS = "/api/v1/products"

SHIPPING = {
    "shipping_address_line1": "12 Hill Road",
    "shipping_address_line2": "Flat 3",
    "shipping_city": "Leeds",
    "shipping_state": "Yorkshire",
    "shipping_postal_code": "LS1 4AP",
    "shipping_country": "United Kingdom",
}
PRODUCT_NAMES = (f"Product number {number}" for number in count(1))


@dataclass(frozen=True, kw_only=True)
class Shopper(Caller):
    """A caller of `management` and of `orders`."""

    orders: str = ORDERS

    def product(self, *, stock: int = 100, price: float = 2.5, **others: Any) -> dict[str, Any]:
        """Create a product."""
        body = {"name": next(PRODUCT_NAMES), "price": price, "stock_quantity": stock} | others
        response = self.post(body, path=f"{PRODUCTS}/")
        assert response.status_code == 201, response.text
        return dict(response.json)

    def stock_of(self, product: dict[str, Any]) -> int:
        return int(self.ask("GET", f"{PRODUCTS}/{product['product_id']}").json["stock_quantity"])

    def wants(self, *items: tuple[dict[str, Any], int], **shipping: Any) -> Answer:
        """Request an order of the given quantity of each product."""
        return self.post(body(*((product["product_id"], quantity) for product, quantity in items), **shipping))

    def ordered(self, *items: tuple[dict[str, Any], int]) -> dict[str, Any]:
        """Place an order; return it in the form of the contract."""
        response = self.wants(*items)
        assert response.status_code == 200, response.text
        return dict(response.json)

    def see(self, order: dict[str, Any], **headers: str) -> Answer:
        return self.ask("GET", f"{ORDERS}/{order['order_id']}", headers=headers)

    def delete(self, order: dict[str, Any], **headers: str) -> Answer:
        return self.ask("DELETE", f"{ORDERS}/{order['order_id']}", headers=headers)

    def put(self, order: dict[str, Any], status: object, **headers: str) -> Answer:
        path = f"{ORDERS}/{order['order_id']}/status"
        return self.ask("PUT", path, headers=headers, **as_json({"status": status}))

    def search(self, query: str = "") -> Answer:
        return self.ask("GET", f"{ORDERS}/?{query}")

    def mine(self, query: str = "") -> Answer:
        return self.ask("GET", f"{ORDERS}/my-orders?{query}")


def shopper(
    stack: Stack, subject: str | None = None, *, role: Role = Role.CUSTOMER, scopes: tuple[str, ...] = ()
) -> Shopper:
    """A new customer, unless a subject is given."""
    caller = stack.caller(subject, role=role, scopes=scopes)
    return Shopper(app=caller.app, subject=caller.subject, token=caller.token)


def twin(stack: Stack, of: Shopper, *, role: Role = Role.CUSTOMER, scopes: tuple[str, ...] = ()) -> Shopper:
    """The same subject with another token."""
    return replace(of, token=shopper(stack, of.subject, role=role, scopes=scopes).token)


def body(*items: tuple[Any, Any], **shipping: Any) -> dict[str, Any]:
    """A valid order body of product ids and quantities, with the given changes."""
    return (
        SHIPPING
        | {"order_items": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in items]}
        | shipping
    )


def detail(response: Answer, status: int) -> Any:
    """Return the detail of an error response, after checking its shape."""
    assert response.status_code == status, (response.status_code, response.text[:500])
    assert response.mimetype == "application/json"
    assert response.json.keys() == {"detail"}
    value = response.json["detail"]
    assert value
    assert isinstance(value, str) or (
        isinstance(value, dict) and isinstance(value["message"], str) and value["message"]
    )
    assert "Traceback" not in response.text
    return value


def errors(response: Answer) -> dict[str, list[str]]:
    """Return the messages of a validation error by field."""
    problem = detail(response, 400)
    assert isinstance(problem, dict), problem
    assert problem.keys() == {"message", "errors"}
    messages: dict[str, list[str]] = problem["errors"]
    assert all(
        isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)
        for texts in messages.values()
    )
    return messages
