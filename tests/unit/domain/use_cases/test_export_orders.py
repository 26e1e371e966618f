"""Export of all orders, page by page."""

import pytest

from orders_adapters.testing.examples import ADA, ADMIN
from orders_domain import OrderStatus
from orders_domain.errors import AccessDenied
from orders_domain.model import order_filter as pages
from orders_domain.model.order_filter import OrderFilter
from orders_domain.use_cases import ExportOrders, export_orders
from tests.support.shop import InMemoryShop


def exported(shop: InMemoryShop, order_filter: OrderFilter) -> list[list[str]]:
    request = ExportOrders(actor=ADMIN, order_filter=order_filter)
    return [[str(order.id) for order in page.orders] for page in export_orders(request, queries=shop.queries)]


def test_export_pages_are_newest_first() -> None:
    shop = InMemoryShop()
    placed = [str(shop.place().id) for _ in range(2_001)]

    given = exported(shop, OrderFilter())

    assert [len(page) for page in given] == [1_000, 1_000, 1]
    assert [order_id for page in given for order_id in page] == placed[::-1]


def test_export_filters_and_resumes_at_cursor() -> None:
    shop = InMemoryShop()
    first, second, third = (shop.place() for _ in range(3))
    for order in (first, third):
        shop.change(order.id, OrderStatus.PAID)
    paid = OrderFilter(statuses=frozenset({OrderStatus.PAID}))

    assert exported(shop, paid) == [[str(third.id), str(first.id)]]
    assert exported(shop, OrderFilter(cursor=pages.Cursor(third.created_at, third.id))) == [
        [str(second.id), str(first.id)]
    ]


def test_export_requires_an_administrator() -> None:
    with pytest.raises(AccessDenied):
        export_orders(ExportOrders(actor=ADA, order_filter=OrderFilter()), queries=InMemoryShop().queries)
