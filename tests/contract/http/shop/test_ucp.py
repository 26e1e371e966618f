"""View of orders as those of the Universal Commerce Protocol, validated by its published JSON Schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from orders_domain import OrderStatus, Role
from tests.contract.http.rights.people import People
from tests.contract.http.shop.client import GIFT, Shopkeeper
from tests.support.service_stack import Stack

SCHEMAS = Path(__file__).parents[3] / "support" / "ucp"
BASE = "https://ucp.dev/schemas/"


@cache
def validator() -> Any:
    resources = [
        (
            BASE + path.relative_to(SCHEMAS).as_posix(),
            json.loads(path.read_text()),
        )
        for path in SCHEMAS.rglob("*.json")
    ]
    return jsonschema_rs.validator_for(
        {"$ref": f"{BASE}shopping/order.json"},
        registry=jsonschema_rs.Registry(resources),
        validate_formats=True,
    )


def viewed(shop: Shopkeeper, order: dict[str, Any]) -> dict[str, Any]:
    """The valid view of the order."""
    response = shop.get(f"/orders/{order['id']}?view=ucp")
    assert response.status_code == 200, response.text
    flaws = [f"{list(flaw.instance_path)}: {flaw.message}" for flaw in validator().iter_errors(response.json)]
    assert flaws == []
    return dict(response.json)


def test_life_of_an_order_is_valid(stack: Stack) -> None:
    shop = Shopkeeper(stack.caller(role=Role.ADMIN))
    charges = [
        {"kind": "shipping", "amount_minor": 500},
        {"kind": "discount", "amount_minor": -100},
        {"kind": "tax", "amount_minor": 0},
    ]
    order = shop.place(GIFT, {"title": "Card", "quantity": 1, "unit_price_minor": 0}, charges=charges)
    first = viewed(shop, order)
    order = shop.changed(order, "cancel", {"reason": "late", "lines": [{"number": 1, "quantity": 2}]})
    for status in ("shipped", "delivered"):
        shop.caller.ask("PUT", f"/api/v1/orders/{order['number']}/status", json={"status": status})
    view = viewed(shop, order)

    assert [total["amount"] for total in first["totals"]] == [3_000, 500, -100, 3_400]
    assert view["line_items"][0]["quantity"] == {"original": 3, "total": 1, "fulfilled": 1}
    assert [item["status"] for item in view["line_items"]] == ["fulfilled", "fulfilled"]
    assert view["adjustments"][0]["line_items"] == [{"id": "1", "quantity": -2}]
    assert [event["type"] for event in view["fulfillment"]["events"]] == ["shipped", "delivered"]
    assert view["fulfillment"]["events"][0]["line_items"] == [{"id": "1", "quantity": 1}, {"id": "2", "quantity": 1}]


def test_orders_of_every_contract_are_valid(stack: Stack) -> None:
    people = People(stack)
    operator = Shopkeeper(people["operator"])

    for contract in ("orders", "management", "ostore", "checkout", "shop"):
        for status in (OrderStatus.PENDING, OrderStatus.SHIPPED, OrderStatus.CANCELED):
            view = viewed(operator, {"id": people.placed_in(contract, status).id})
            shown = {item["status"] for item in view["line_items"]}
            expected = {OrderStatus.PENDING: "processing", OrderStatus.SHIPPED: "fulfilled"}
            assert shown == {expected.get(status, "removed")}


@pytest.mark.parametrize("spoilt", [{"currency": None}, {"totals": []}, {"line_items": [{}]}])
def test_invalid_view_is_detected(stack: Stack, spoilt: dict[str, Any]) -> None:
    shop = Shopkeeper(stack.caller(role=Role.ADMIN))
    view = viewed(shop, shop.place())

    assert not validator().is_valid(view | spoilt)
