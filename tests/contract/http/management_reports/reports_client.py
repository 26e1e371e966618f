"""Test client of the reports: a service with an adjustable clock, and its callers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from orders_adapters.testing.examples import Clock
from orders_domain import Role
from tests.support.client import Answer, Caller, as_json
from tests.support.service_stack import Stack

ORDERS = "/api/v1/orders"
HOME = {
    "shipping_address_line1": "12 Hill Road",
    "shipping_city": "Leeds",
    "shipping_state": "Yorkshire",
    "shipping_postal_code": "LS1",
    "shipping_country": "UK",
}


@dataclass(frozen=True)
class ReportsShop:
    stack: Stack
    clock: Clock

    @cached_property
    def ann(self) -> Caller:
        return self.stack.caller("ann")

    @cached_property
    def bob(self) -> Caller:
        return self.stack.caller("bob")

    @cached_property
    def admin(self) -> Caller:
        return self.stack.caller("root", role=Role.ADMIN)

    def product(self, name: str = "Tea", *, price: float = 2.5, stock: int = 100, threshold: int = 0) -> int:
        body = {"name": name, "price": price, "stock_quantity": stock, "low_stock_threshold": threshold}
        return int(of(self.admin.post(body, path="/api/v1/products/"), 201)["product_id"])

    def order(self, products: dict[int, int], *, by: Caller | None = None) -> dict[str, Any]:
        """Order the given quantity of each product."""
        return dict(of((by or self.ann).post(template_body(products), path=f"{ORDERS}/")))

    def become(self, order: dict[str, Any], *words: str) -> None:
        for word in words:
            of(self.admin.ask("PUT", f"{ORDERS}/{order['order_id']}/status", **as_json({"status": word})))

    def delete(self, order: dict[str, Any]) -> None:
        of(self.ann.ask("DELETE", f"{ORDERS}/{order['order_id']}"))

    def uuid(self, order: dict[str, Any]) -> str:
        (row,) = self.stack.rows(f"SELECT CAST(id AS VARCHAR) FROM orders WHERE number = {order['order_id']}")
        return str(UUID(row[0]))


def template_body(products: dict[int, int], **more: object) -> dict[str, Any]:
    items = [{"product_id": product, "quantity": quantity} for product, quantity in products.items()]
    return {**HOME, "order_items": items, **more}


def of(response: Answer, status: int = 200) -> Any:
    """Return the body of a response, after checking its status code."""
    assert response.status_code == status, (response.status_code, response.text[:500])
    return response.json


def refused(response: Answer, status: int) -> Any:
    """Return the detail of an error response, the only member of an error in this contract (clause 002-20)."""
    body = of(response, status)
    assert body.keys() == {"detail"}
    assert "Traceback" not in response.text
    return body["detail"]
