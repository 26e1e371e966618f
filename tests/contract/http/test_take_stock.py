"""Stock of items whose sku names a product, with TAKE_STOCK=on: taken, refused, given back once, and raced for."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from orders_domain.errors import OrdersError
from orders_flask import Settings
from tests.contract.http.checkout.carts import cart
from tests.contract.http.checkout.client import cancel
from tests.contract.http.checkout.client import order as order_cart
from tests.support.client import Answer, Caller
from tests.support.service_stack import Stack

ADDRESS = {
    "shipping_address_line1": "1 Elm St",
    "shipping_city": "Springfield",
    "shipping_state": "IL",
    "shipping_postal_code": "62701",
    "shipping_country": "US",
}


@pytest.fixture(params=["embedded", "real"])
def stack(request: pytest.FixtureRequest, build: Callable[..., Stack]) -> Stack:
    """A service that takes stock."""
    real: Stack | None = request.getfixturevalue("real_stack") if request.param == "real" else None
    settings = real.settings if real else Settings()
    return build(replace(settings, take_stock="on", log_level="ERROR"))


@pytest.fixture
def root(stack: Stack) -> Caller:
    return stack.caller("root", role=Role.ADMIN)


def tea(root: Caller, stock: int) -> dict[str, Any]:
    body = {"name": "Tea", "price": 3.5, "stock_quantity": stock, "sku": f"TEA-{uuid4()}"}
    return dict(root.post(body, path="/api/v1/products/").json)


def left(root: Caller, product: dict[str, Any]) -> int:
    return int(root.ask("GET", f"/api/v1/products/{product['product_id']}").json["stock_quantity"])


def by_orders(caller: Caller, product: dict[str, Any], quantity: int) -> Answer:
    item = {"sku": product["sku"], "quantity": quantity, "price": 1}
    return caller.post({"items": [item, {"sku": "unknown", "quantity": 9, "price": 0}], "total_price": quantity})


def by_checkout(caller: Caller, product: dict[str, Any], quantity: int) -> Answer:
    item = {"sku": product["sku"], "title": "Tea", "quantity": quantity, "unitPriceCents": 100}
    return order_cart(caller, cart(caller.subject, item, snapshotId=str(uuid4())), key=str(uuid4()))


def by_management(caller: Caller, product: dict[str, Any], quantity: int) -> Answer:
    items = [{"product_id": product["product_id"], "quantity": quantity}]
    return caller.post(ADDRESS | {"order_items": items}, path="/api/v1/orders/")


Place = Callable[[Caller, dict[str, Any], int], Answer]


@pytest.mark.parametrize("place", [by_orders, by_checkout])
def test_known_sku_takes_stock_and_gives_it_back_once(stack: Stack, root: Caller, place: Place) -> None:
    ann, product = stack.caller(), tea(root, 5)

    placed, short = place(ann, product, 3), place(ann, product, 3)

    assert (placed.status_code, left(root, product)) == (201, 2)
    assert short.status_code == 409
    text = "Insufficient quantity for: Tea (requested 3, available 2)"
    assert text in (short.json.get("detail"), short.json.get("error"))
    order_id = placed.json.get("id") or placed.json["orderId"]
    cancels = at_once(*[lambda: cancel(root, order_id)] * 4)
    assert {answer.status_code for answer in cancels if not isinstance(answer, OrdersError)} <= {200, 409}
    assert left(root, product) == 5


def test_cancelled_units_go_back_to_their_product(stack: Stack, root: Caller) -> None:
    ann, product, other = stack.caller(), tea(root, 5), tea(root, 5)
    items = [
        {"sku": "unknown", "quantity": 2, "price": 1, "product_id": other["product_id"]},  # a claim of the client
        {"sku": other["sku"], "quantity": 2, "price": 1},
        {"sku": product["sku"], "quantity": 3, "price": 1},
    ]
    order = ann.post({"items": items, "total_price": 7}).json
    path = f"/v1/orders/{order['id']}"

    for number in (1, 3):
        headers = {"Idempotency-Key": str(number), "If-Match": root.ask("GET", path).headers["ETag"]}
        body = {"lines": [{"number": number, "quantity": 2}], "reason": "damaged"}
        assert root.ask("POST", f"{path}/cancel", json=body, headers=headers).status_code == 200

    assert (left(root, other), left(root, product)) == (3, 4)
    assert ann.patch(order, "CANCELED").status_code == 200
    assert (left(root, other), left(root, product)) == (5, 5)


def test_item_takes_the_units_it_states(stack: Stack, root: Caller) -> None:
    ann, product = stack.caller(), tea(root, 50)
    cases: list[tuple[dict[str, Any], int | None]] = [
        *[({"quantity": wrong}, None) for wrong in ("5", 0, -5, True, [5], 2**31, 1e300)],
        ({"quantity": None, "qty": 7}, None),
        ({"quantity": 1, "qty": 7}, None),
        ({"quantity": 5.0, "qty": 5}, 5),
        ({"qty": 1e1}, 10),
        ({"quantity": 2.5}, 1),  # goods by weight
        ({"qty": None}, 1),
        ({"sku": f" {product['sku']}\u200b", "qty": 3}, 3),  # as a product's sku is compared
    ]
    for stated, taken in cases:
        before = left(root, product)
        body = {"items": [{"sku": "unknown", "quantity": "5"}, {"sku": product["sku"], **stated}], "total_price": 0}
        assert ann.post(body).status_code == (201 if taken else 422), stated
        assert before - left(root, product) == (taken or 0), stated


def test_last_unit_is_sold_once_through_all_contracts(stack: Stack, root: Caller) -> None:
    buyers = [(stack.caller(), place) for place in (by_orders, by_checkout, by_management) for _ in range(4)]
    for _ in range(3):
        product = tea(root, 1)

        answers = at_once(*[partial(place, caller, product, 1) for caller, place in buyers])

        statuses = sorted(answer.status_code for answer in answers if not isinstance(answer, OrdersError))
        assert len([status for status in statuses if status < 300]) == 1, statuses
        assert set(statuses) <= {200, 201, 400, 409}
        assert left(root, product) == 0


def test_repeated_cart_takes_no_stock_again(stack: Stack, root: Caller) -> None:
    ann, product = stack.caller(), tea(root, 3)
    item = {"sku": product["sku"], "title": "Tea", "quantity": 2, "unitPriceCents": 100}
    snapshot = cart(ann.subject, item, snapshotId=str(uuid4()))

    answers = [order_cart(ann, snapshot, key=key) for key in ("a", "a", "b")]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert left(root, product) == 1


def test_default_takes_no_stock(build: Callable[..., Stack]) -> None:
    stack = build(Settings(log_level="ERROR"))
    root = stack.caller("root", role=Role.ADMIN)
    product = tea(root, 1)

    answers = [place(stack.caller(), product, 2) for place in (by_orders, by_checkout)]

    assert ([answer.status_code for answer in answers], left(root, product)) == ([201, 201], 1)
