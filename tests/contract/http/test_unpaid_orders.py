"""UNPAID_ORDER_SECONDS: whatever the contract, an unpaid order gives its stock back; nothing else expires."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.shop.client import Shopkeeper
from tests.contract.http.shop.test_payments import pay
from tests.contract.http.test_take_stock import ADDRESS, Place, by_checkout, by_management, by_orders, left, tea
from tests.support.client import Answer, Caller
from tests.support.service_stack import Stack

HOUR = 3_600


@pytest.fixture(params=["embedded", "real"])
def stack(request: pytest.FixtureRequest, build: Callable[..., Stack]) -> Stack:
    """A service whose orders of stock expire after an hour."""
    real: Stack | None = request.getfixturevalue("real_stack") if request.param == "real" else None
    settings = replace(real.settings if real else Settings(), take_stock="on", log_level="ERROR")
    return build(replace(settings, unpaid_order_seconds=HOUR))


@pytest.fixture
def root(stack: Stack) -> Caller:
    return stack.caller("root", role=Role.ADMIN, scopes=("orders:write",))


def by_ostore(caller: Caller, product: dict[str, Any], quantity: int) -> Answer:
    items = [{"productID": product["product_id"], "quantity": quantity}]
    return caller.post({"userID": caller.subject, "orderItems": items}, path="/ostore/orders/")


def by_template(caller: Caller, product: dict[str, Any], quantity: int) -> Answer:
    items = [{"product_id": product["product_id"], "quantity": quantity}]
    body = ADDRESS | {"name": "Weekly tea", "order_items": items}
    template = caller.post(body, path="/api/v1/orders/templates").json
    return caller.post({}, path=f"/api/v1/orders/templates/{template['template_id']}/place")


def by_shop(caller: Caller, product: dict[str, Any], quantity: int, **members: Any) -> Answer:
    body = {"lines": [{"product_id": product["product_id"], "quantity": quantity}], **members}
    return caller.post(body, path="/v1/orders", **{"Idempotency-Key": str(uuid4())})


def by_shop_with_long_expiry(caller: Caller, product: dict[str, Any], quantity: int) -> Answer:
    return by_shop(caller, product, quantity, expires_in_seconds=30 * 86_400)


def expired_after(stack: Stack, seconds: float) -> set[UUID]:
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    return set(stack.container.expire_orders(clock=lambda: later).expired)


@pytest.mark.parametrize(
    "place", [by_orders, by_checkout, by_management, by_template, by_ostore, by_shop, by_shop_with_long_expiry]
)
def test_unpaid_order_of_stock_expires(stack: Stack, root: Caller, place: Place) -> None:
    product = tea(root, 5)
    placed = place(stack.caller(), product, 3)
    assert placed.status_code in {200, 201}, placed.text
    assert left(root, product) == 2

    assert expired_after(stack, HOUR - 60) == set()
    assert left(root, product) == 2
    assert len(expired_after(stack, HOUR + 1)) == 1

    assert left(root, product) == 5
    assert expired_after(stack, HOUR + 1) == set()


def test_earlier_expiry_of_the_client_holds(stack: Stack, root: Caller) -> None:
    product = tea(root, 5)
    by_shop(stack.caller(), product, 3, expires_in_seconds=60)

    assert len(expired_after(stack, 61)) == 1
    assert left(root, product) == 5


def test_paid_order_and_order_without_stock_stay(stack: Stack, root: Caller) -> None:
    product = tea(root, 5)
    paid = by_shop(stack.caller(), product, 1).json
    assert pay(Shopkeeper(root), paid, "captured", paid["totals"]["total_minor"]).status_code == 201
    ann = stack.caller()
    assert ann.patch(by_orders(ann, product, 1).json, "PAID").status_code == 200
    assert stack.caller().post({"items": [{"sku": "unknown"}], "total_price": 1}).status_code == 201

    assert expired_after(stack, 2 * HOUR) == set()
    assert left(root, product) == 3
