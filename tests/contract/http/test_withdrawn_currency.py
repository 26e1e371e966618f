"""Withdrawn currency: stored orders in it stay readable and changeable in every contract; only placing is refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from orders_domain import Actor, Role
from orders_domain.model.order import rebuild
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.values import currencies
from orders_domain.use_cases import ExportOrders, GetOrderHistory
from tests.contract.http.checkout.carts import cart
from tests.contract.http.checkout.client import cancel as cancel_cart
from tests.contract.http.checkout.client import order as order_cart
from tests.contract.http.management.client import ORDERS, Shopper, shopper, twin
from tests.contract.http.shop.client import GIFT, Shopkeeper
from tests.contract.http.shop.test_payments import pay
from tests.support.client import TEA, Answer
from tests.support.service_stack import Stack

ROOT = Actor(subject="root", role=Role.ADMIN)


def placements(ann: Shopper, root: Shopper) -> dict[str, Callable[[], Answer]]:
    """A placement of Ann's in each contract."""
    tea = root.product(price=2.5)
    shipped = {"userID": ann.subject, "orderItems": [{"productID": tea["product_id"], "quantity": 1}]}
    return {
        "orders": lambda: ann.post({"items": [TEA], "total_price": 75}, path="/orders/"),
        "management": lambda: ann.wants((tea, 1)),
        "ostore": lambda: ann.post(shipped, path="/ostore/orders"),
        "checkout": lambda: order_cart(ann, cart(ann.subject), key=str(uuid4())),
    }


def test_withdrawn_currency_ends_placing_only(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, root = shopper(stack), shopper(stack, role=Role.ADMIN)
    operator = twin(stack, root, role=Role.ADMIN, scopes=("orders:write",))
    place = placements(ann, root)
    assert [answer().status_code for answer in place.values()] == [201, 200, 201, 201]
    stored = ann.mine("limit=10").json
    numbers = [order["order_id"] for order in stored]
    ids = [order["id"] for order in ann.ask("GET", f"/orders/user/{ann.subject}").json]
    search = f"user_id={ann.subject}&currency=USD&min_amount=1&max_amount=1000"

    monkeypatch.delitem(currencies.MINOR_UNIT_DIGITS, "USD")

    assert len(numbers) == len(ids) == len(place)
    for path in (f"{ORDERS}/{numbers[0]}", *(f"{at}/{ids[0]}" for at in ("/orders", "/ostore/orders", "/api/orders"))):
        answer = ann.ask("GET", path)
        assert answer.status_code == 200, (path, answer.text)
    assert ann.mine("limit=10").json == stored
    assert [order["id"] for order in ann.ask("GET", f"/orders/user/{ann.subject}").json] == ids
    assert [order["order_id"] for order in root.search(search).json] == numbers
    assert root.ask("GET", f"{ORDERS}/analytics?currency=USD").status_code == 200
    for order_id in map(UUID, ids):
        order = stack.container.get_order_history(GetOrderHistory(actor=ROOT, order_id=order_id))
        assert rebuild(order).total.currency == "USD"
        ann.ask("GET", f"/orders/{order_id}")
        assert (copy := stack.container.order_cache().get(order_id))
        assert copy.total.currency == "USD"
    request = ExportOrders(actor=ROOT, order_filter=OrderFilter(user_id=ann.subject))
    (page,) = stack.container.export_orders(request)
    assert [str(order.id) for order in page.orders] == ids
    for answer in (placement() for placement in place.values()):
        assert answer.status_code in (400, 422), answer.text
        assert "currency" in answer.text.lower(), answer.text

    checkout, shipped, bought, own = ids  # newest first
    event = {"eventId": str(uuid4()), "orderID": shipped, "status": "DELIVERED"}
    event["occurredAt"] = datetime.now(UTC).isoformat()
    stack.container.tracking_handler()(json.dumps(event).encode())
    assert root.ask("GET", f"/ostore/orders/{shipped}").json["status"] == "delivered"
    assert cancel_cart(operator, checkout).json["status"] == "canceled"
    assert root.put({"order_id": numbers[2]}, "cancelled").status_code == 200
    assert ann.ask("PATCH", f"/orders/{own}", json={"status": "CANCELED"}).json["status"] == "CANCELED"
    assert ann.ask("GET", f"/orders/{bought}").json["status"] == "CANCELED"


def test_shop_order_in_a_withdrawn_currency_lives_on(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Shopkeeper(stack.caller(role=Role.ADMIN))
    order = keeper.place()
    total = order["totals"]["total_minor"]

    monkeypatch.delitem(currencies.MINOR_UNIT_DIGITS, "USD")

    assert keeper.listed(f"user_id={keeper.caller.subject}&currency=USD&min_total_minor=1") == [order["id"]]
    order = keeper.changed(order, "confirm")
    order = keeper.changed(order, "cancel", {"lines": [{"number": 1, "quantity": 1}], "reason": "late"})
    assert pay(keeper, order, "captured", total).status_code == 201
    assert keeper.change(order, "refunds", {"amount_minor": 100, "reason": "late"}).status_code == 201
    assert keeper.change(order, "shipments", {"lines": [{"number": 1, "quantity": 1}]}).status_code == 201
    for view in ("?view=ucp", "/timeline"):
        assert keeper.get(f"/orders/{order['id']}{view}").status_code == 200
    assert "currency" in keeper.post("/orders", {"lines": [GIFT]}).text


@pytest.mark.parametrize(
    "path",
    [
        f"{ORDERS}/?currency=HRK&min_amount=1",
        f"{ORDERS}/analytics?currency=HRK",
        "/v1/orders?currency=HRK&min_total_minor=1",
    ],
)
def test_withdrawn_currency_is_a_filter(stack: Stack, path: str) -> None:
    root = shopper(stack, role=Role.ADMIN)

    assert root.ask("GET", path).status_code == 200
    assert root.ask("GET", path.replace("HRK", "XYZ")).status_code in (400, 422)
