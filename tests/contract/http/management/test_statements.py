"""What the requests of `management` cost the database."""

from __future__ import annotations

import pytest

from tests.contract.http.management.client import ORDERS, PRODUCTS, Shopper
from tests.support.service_stack import Stack

AT_MOST = 7


@pytest.mark.clause("002-10", "002-23")
@pytest.mark.parametrize("first_order", [True, False])
def test_an_order_of_three_products_is_placed_in_one_transaction_of_few_statements(
    stack: Stack, root: Shopper, ann: Shopper, first_order: bool
) -> None:
    products = [root.product() for _ in range(3)]
    if not first_order:
        ann.ordered((products[0], 1))

    with stack.statements() as sent, stack.transactions() as seen:
        answer = ann.wants(*((product, 2) for product in products))

    assert answer.status_code == 200
    assert len(sent) <= AT_MOST, sent
    assert seen == ["begin", "commit"]


def test_a_thousand_lines_cost_no_more_statements_than_three(stack: Stack, root: Shopper, ann: Shopper) -> None:
    products = [root.product() for _ in range(60)]

    with stack.statements() as few:
        ann.ordered(*((product, 1) for product in products[:3]))
    with stack.statements() as many:
        ann.ordered(*((product, 1) for product in products))

    assert len(many) == len(few), many


def test_a_stock_that_gets_low_costs_no_statement_more(stack: Stack, root: Shopper, ann: Shopper) -> None:
    products = [root.product(stock=6, low_stock_threshold=5) for _ in range(3)]

    with stack.statements() as sent, stack.transactions() as seen:
        ann.ordered(*((product, 1) for product in products))

    assert len(sent) <= AT_MOST, sent
    assert seen == ["begin", "commit"]


def test_what_is_refused_for_want_of_stock_costs_one_statement(stack: Stack, root: Shopper, ann: Shopper) -> None:
    product = root.product(stock=0)

    with stack.statements() as sent, stack.transactions() as seen:
        ann.wants((product, 1))

    assert len(sent) == 1, sent
    assert seen == ["begin", "rollback"]


@pytest.mark.parametrize("way", ["cancelled", "deleted"])
def test_an_order_is_given_up_in_one_transaction(stack: Stack, root: Shopper, ann: Shopper, way: str) -> None:
    order = ann.ordered((root.product(), 1), (root.product(), 1))

    with stack.statements() as sent, stack.transactions() as seen:
        answer = root.put(order, "cancelled") if way == "cancelled" else ann.delete(order)

    assert answer.status_code == 200
    assert len(sent) <= AT_MOST, sent
    assert seen == ["begin", "commit"]


@pytest.mark.clause("002-23")
@pytest.mark.parametrize(
    "path",
    [
        f"{ORDERS}/my-orders?limit=1000",
        f"{ORDERS}/?limit=1000",
        f"{ORDERS}/?limit=20&skip=5",
        f"{ORDERS}/?status=pending&user_id={{user}}&start_date=2020-01-01&end_date=2999-01-01&min_amount=1&max_amount=1000",
        f"{PRODUCTS}/?limit=1000",
    ],
)
def test_a_page_of_any_list_costs_at_most_two_statements_however_long(
    stack: Stack, root: Shopper, ann: Shopper, path: str
) -> None:
    tea, milk = root.product(), root.product()
    for _ in range(5):
        ann.ordered((tea, 1), (milk, 2))

    with stack.statements() as sent:
        answer = root.ask("GET", path.format(user=ann.subject))

    assert answer.status_code == 200
    assert len(sent) <= 2, sent


def test_one_order_costs_one_statement(stack: Stack, root: Shopper, ann: Shopper) -> None:
    order = ann.ordered((root.product(), 1), (root.product(), 1))

    with stack.statements() as sent:
        ann.see(order)

    assert len(sent) == 1, sent
