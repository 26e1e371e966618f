"""SQL statement counts of `management`."""

from __future__ import annotations

import pytest

from tests.contract.http.management.client import ORDERS, PRODUCTS, Shopper
from tests.support.service_stack import Stack

AT_MOST = 8


@pytest.mark.clause("002-10", "002-23")
@pytest.mark.parametrize("first_order", [True, False])
def test_order_placement_uses_one_transaction(stack: Stack, root: Shopper, ann: Shopper, first_order: bool) -> None:
    products = [root.product() for _ in range(3)]
    if not first_order:
        ann.ordered((products[0], 1))

    with stack.statements() as sent, stack.transactions() as seen:
        response = ann.wants(*((product, 2) for product in products))

    assert response.status_code == 200
    if stack.settings.uses_default_database:
        assert len(sent) <= AT_MOST, sent
        assert seen == ["begin", "commit"]
    elif first_order:  # the direct placement leaves it to a unit of work
        assert len(sent) <= AT_MOST + 1, sent
        assert seen[-2:] == ["begin", "commit"]
    else:
        assert len(sent) == 2, sent


def test_order_placement_statements_are_constant(stack: Stack, root: Shopper, ann: Shopper) -> None:
    products = [root.product() for _ in range(60)]

    ann.ordered((products[0], 1))
    with stack.statements() as few:
        ann.ordered(*((product, 1) for product in products[:3]))
    with stack.statements() as many:
        ann.ordered(*((product, 1) for product in products))

    assert len(many) == len(few), many


def test_low_stock_adds_no_statement(stack: Stack, root: Shopper, ann: Shopper) -> None:
    products = [root.product(stock=6, low_stock_threshold=5) for _ in range(3)]

    with stack.statements() as sent, stack.transactions() as seen:
        ann.ordered(*((product, 1) for product in products))

    assert len(sent) <= AT_MOST + (not stack.settings.uses_default_database), sent
    assert seen[-2:] == ["begin", "commit"]


def test_stock_shortage_uses_few_statements(stack: Stack, root: Shopper, ann: Shopper) -> None:
    product = root.product(stock=0)

    with stack.statements() as sent, stack.transactions() as seen:
        ann.wants((product, 1))

    assert len(sent) == (2 if stack.settings.uses_default_database else 3), sent  # the last looks for holds of ann's
    assert seen[-1] == "rollback"


@pytest.mark.parametrize("way", ["cancelled", "deleted"])
def test_order_cancellation_uses_one_transaction(stack: Stack, root: Shopper, ann: Shopper, way: str) -> None:
    order = ann.ordered((root.product(), 1), (root.product(), 1))

    with stack.statements() as sent, stack.transactions() as seen:
        response = root.put(order, "cancelled") if way == "cancelled" else ann.delete(order)

    assert response.status_code == 200
    assert len(sent) <= AT_MOST, sent
    assert seen == ["begin", "commit"]


@pytest.mark.clause("002-23")
@pytest.mark.parametrize(
    "path",
    [
        f"{ORDERS}/my-orders?limit=1000",
        f"{ORDERS}/?limit=100",  # one batch, whatever earlier tests have stored
        f"{ORDERS}/?limit=20&skip=5",
        f"{ORDERS}/?status=pending&user_id={{user}}&start_date=2020-01-01&end_date=2999-01-01&min_amount=1&max_amount=1000",
        f"{PRODUCTS}/?limit=1000",
    ],
)
def test_list_page_uses_two_statements(stack: Stack, root: Shopper, ann: Shopper, path: str) -> None:
    tea, milk = root.product(), root.product()
    for _ in range(5):
        ann.ordered((tea, 1), (milk, 2))

    with stack.statements() as sent:
        response = root.ask("GET", path.format(user=ann.subject))

    assert response.status_code == 200
    assert len(sent) <= 2, sent


def test_order_read_uses_one_statement(stack: Stack, root: Shopper, ann: Shopper) -> None:
    order = ann.ordered((root.product(), 1), (root.product(), 1))

    with stack.statements() as sent:
        ann.see(order)

    assert len(sent) == 1, sent
