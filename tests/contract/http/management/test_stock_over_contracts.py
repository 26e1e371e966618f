"""Stock restoration: exactly once, for each way to cancel an order and in each contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from tests.contract.http.management.client import Shopper, detail, shopper
from tests.support import ledger
from tests.support.client import Answer
from tests.support.service_stack import Stack

pytestmark = pytest.mark.clause("002-02", "002-13", "002-27")


def id_of(stack: Stack, order: dict[str, object]) -> UUID:
    [(order_id,)] = stack.rows(f"SELECT id FROM orders WHERE number = {order['order_id']}")
    return UUID(str(order_id))


def canceled(stack: Stack, owner: Shopper, root: Shopper, order: dict[str, object]) -> Answer:
    """An administrator cancels the order through `checkout`."""
    return root.ask("POST", f"/api/orders/{id_of(stack, order)}/cancel")


def put(stack: Stack, owner: Shopper, root: Shopper, order: dict[str, object]) -> Answer:
    """An administrator cancels the order through `management`."""
    return root.put(order, "cancelled")


def deleted(stack: Stack, owner: Shopper, root: Shopper, order: dict[str, object]) -> Answer:
    """The owner deletes the order through `management`."""
    return owner.delete(order)


WAYS = [canceled, put, deleted]


@pytest.fixture(autouse=True)
def the_books_agree(stack: Stack) -> Iterator[None]:
    engine = stack.container.queries()._engine
    earlier = ledger.of_database(engine).statuses
    yield
    ledger.of_database(engine).require_agreement(other_orders=earlier)


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_repeated_cancel_restores_stock_once(
    stack: Stack, root: Shopper, ann: Shopper, first: Callable[..., Answer], second: Callable[..., Answer]
) -> None:
    tea, milk = root.product(stock=7), root.product(stock=7)
    order = ann.ordered((tea, 3), (milk, 7))
    assert (root.stock_of(tea), root.stock_of(milk)) == (4, 0)

    assert first(stack, ann, root, order).status_code == 200
    assert (root.stock_of(tea), root.stock_of(milk)) == (7, 7)

    again = second(stack, ann, root, order).status_code
    assert (root.stock_of(tea), root.stock_of(milk)) == (7, 7)
    assert again == (404 if first is deleted else 400 if second is deleted else 409 if second is canceled else 200)


@pytest.mark.parametrize("way", [*WAYS, None], ids=lambda way: way.__name__ if way else "all ways")
def test_concurrent_cancel_restores_stock_once(
    stack: Stack, root: Shopper, ann: Shopper, way: Callable[..., Answer] | None
) -> None:
    tea = root.product(stock=7)
    order = ann.ordered((tea, 3))
    ways = [way] * 16 if way else (WAYS * 6)[:16]

    with patience(stack):
        responses = at_once(*(partial(cancel, stack, ann, root, order) for cancel in ways))

    statuses = Counter(response.status_code for response in responses if isinstance(response, TestResponse))
    assert statuses.total() == 16
    assert statuses.keys() <= {200, 400, 404, 409}, statuses
    assert way is None or statuses[200] == (16 if way is put else 1)
    assert root.stock_of(tea) == 7


@pytest.mark.parametrize("way", [canceled, put])
def test_shipped_order_does_not_restore_stock(
    stack: Stack, root: Shopper, ann: Shopper, way: Callable[..., Answer]
) -> None:
    tea = root.product(stock=7)
    confirmed, shipped = ann.ordered((tea, 3)), ann.ordered((tea, 2))
    root.put(confirmed, "confirmed")
    root.put(shipped, "shipped")

    assert way(stack, ann, root, confirmed).status_code == 200
    assert way(stack, ann, root, shipped).status_code in {400, 409}

    assert root.stock_of(tea) == 5


def test_custom_item_order_leaves_stock_alone(stack: Stack, root: Shopper, ann: Shopper) -> None:
    root.product(stock=7)
    response = ann.post({"items": [{"product_id": 1, "quantity": 5, "price": 1}], "total_price": 5}, path="/orders/")
    assert response.status_code == 201
    before = stack.rows("SELECT * FROM products ORDER BY id"), stack.rows("SELECT count(*) FROM stock_movements")
    [(number,)] = stack.rows(f"SELECT max(number) FROM orders WHERE user_id = '{ann.subject}'")

    shown = ann.see({"order_id": number})
    assert (shown.status_code, shown.json["shipping_city"]) == (200, "")
    assert [item["quantity"] for item in shown.json["order_items"]] == [5]
    assert ann.delete({"order_id": number}).status_code == 200

    assert ann.ask("GET", f"/orders/{response.json['id']}").status_code == 404
    after = stack.rows("SELECT * FROM products ORDER BY id"), stack.rows("SELECT count(*) FROM stock_movements")
    assert after == before


def test_concurrent_buyers_share_last_unit_once(stack: Stack, root: Shopper) -> None:
    last = root.product(stock=1)
    buyers = [shopper(stack) for _ in range(40 if stack.settings.uses_default_database else 200)]

    with patience(stack):
        responses = at_once(*(partial(buyer.wants, (last, 1)) for buyer in buyers))

    refusals = [
        response for response in responses if isinstance(response, TestResponse) and response.status_code != 200
    ]
    assert len(refusals) == len(buyers) - 1
    for refusal in refusals:
        [short] = detail(refusal, 400)["stock_issues"]
        assert (short["product_id"], short["product_name"], short["available"]) == (last["product_id"], last["name"], 0)
    assert root.stock_of(last) == 0


@contextmanager
def patience(stack: Stack) -> Iterator[None]:
    """Let requests wait for a connection without limit, because this process has more threads than a service."""
    pool = stack.container.queries()._engine.pool
    before, pool._timeout = pool._timeout, 60
    try:
        yield
    finally:
        pool._timeout = before


@pytest.mark.clause("002-30")
def test_low_stock_event_is_published_once(stack: Stack, root: Shopper, ann: Shopper) -> None:
    stack.relayed()
    tea = root.product(stock=7, low_stock_threshold=5, sku=f"TEA-{ann.subject}")

    for _ in range(3):
        ann.ordered((tea, 1))

    [low] = [event["data"] for key, event in stack.relayed().news if key == "orders.stock_low.v1"]
    assert {name: low[name] for name in ("product_id", "sku", "name", "stock_quantity", "low_stock_threshold")} == {
        "product_id": tea["product_id"], "sku": tea["sku"], "name": tea["name"],
        "stock_quantity": 5, "low_stock_threshold": 5,
    }  # fmt: skip


def test_admin_can_place_and_delete_own_order(stack: Stack) -> None:
    root = shopper(stack, role=Role.ADMIN)
    tea = root.product(stock=2)

    order = root.ordered((tea, 2))

    assert root.mine().json == [order]
    assert root.delete(order).status_code == 200
    assert root.stock_of(tea) == 2
