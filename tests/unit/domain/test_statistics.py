"""Statistics and history of an order, on the memory adapters."""

import pytest

from orders_adapters.testing.examples import ADA, ADMIN, GRACE, NOON, TOTAL, new_id
from orders_domain import Actor, CustomItem, OrderStatus
from orders_domain.errors import AccessDenied, OrderNotFound
from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.order import rebuild
from orders_domain.model.values.json_values import JSON
from orders_domain.use_cases import (
    GetOrderHistory,
    GetOrderStatistics,
    OrderStatistics,
    PlaceOrder,
    get_order_history,
    get_order_statistics,
    place_order,
)
from tests.support.shop import InMemoryShop


@pytest.fixture
def shop() -> InMemoryShop:
    return InMemoryShop()


def statistics(shop: InMemoryShop, ref: object, *, by: Actor = ADA) -> OrderStatistics:
    request = GetOrderStatistics(actor=by, order_id=ref)  # type: ignore[arg-type]
    return get_order_statistics(request, queries=shop.queries, clock=shop.clock)


def place(shop: InMemoryShop, *contents: dict[str, JSON]) -> OrderStatistics:
    request = PlaceOrder(actor=ADA, items=tuple(CustomItem(content) for content in contents), total=TOTAL)
    return statistics(shop, place_order(request, uow=shop.unit_of_work(), clock=shop.clock, new_id=new_id).id)


def test_durations_start_at_placing_and_last_change(shop: InMemoryShop) -> None:
    order = shop.place()
    shop.clock.advance(10)
    shop.change(order.id, OrderStatus.PAID)
    shop.clock.advance(5)

    result = statistics(shop, order.number)

    assert (result.age.total_seconds(), result.in_status.total_seconds(), result.status_changes) == (15, 5, 1)


def test_clock_skew_makes_no_negative_duration(shop: InMemoryShop) -> None:
    order = shop.place()
    shop.clock.advance(-60)

    result = statistics(shop, order.id)

    assert result.age.total_seconds() == result.in_status.total_seconds() == 0


def test_newer_history_entries_are_ignored(shop: InMemoryShop) -> None:
    order = shop.place()
    before = shop.queries.get(order.id)
    shop.change(order.id, OrderStatus.PAID)
    shop.queries.get = lambda ref: before  # type: ignore[method-assign]

    assert statistics(shop, order.id).status_changes == 0


@pytest.mark.parametrize(
    ("contents", "quantity"),
    [
        ([{"quantity": 2}, {"qty": 3}], 5),
        ([{"quantity": 2.0}], 2),
        ([{"quantity": 2}, {}], None),
        ([{"quantity": 0}], None),
        ([{"quantity": -1}, {"quantity": 3}], None),
        ([{"quantity": 0.5}], None),
        ([{"quantity": "2"}], None),
        ([{"quantity": 1e300}], None),
    ],
)
def test_quantity_is_known_if_all_items_have_one(
    shop: InMemoryShop, contents: list[dict[str, JSON]], quantity: int | None
) -> None:
    result = place(shop, *contents)

    assert result.item_count == len(contents)
    assert result.total_quantity == quantity
    assert (result.average_unit_price is None) == (quantity is None)


def test_stranger_is_denied(shop: InMemoryShop) -> None:
    order = shop.place()

    with pytest.raises(AccessDenied):
        statistics(shop, order.id, by=GRACE)
    with pytest.raises(OrderNotFound):
        statistics(shop, new_id(), by=ADMIN)
    assert statistics(shop, order.id, by=ADMIN).order == order


class TestHistory:
    def test_entries_have_actor_role_and_request(self, shop: InMemoryShop) -> None:
        order = shop.place()
        shop.change(order.id, OrderStatus.PAID, by=ADMIN, access=OWNER_OR_ADMIN)

        entries = get_order_history(GetOrderHistory(actor=ADA, order_id=order.id), queries=shop.queries)

        assert [(entry.actor, entry.role.value, entry.request_id, entry.at) for entry in entries] == [
            ("ada", "customer", "request-of-ada", NOON),
            ("root", "admin", None, NOON),
        ]
        assert rebuild(entries, number=order.number) == shop.queries.get(order.id)

    def test_stranger_is_denied(self, shop: InMemoryShop) -> None:
        order = shop.place()

        with pytest.raises(AccessDenied):
            get_order_history(GetOrderHistory(actor=GRACE, order_id=order.id), queries=shop.queries)
        with pytest.raises(OrderNotFound):
            get_order_history(GetOrderHistory(actor=ADMIN, order_id=404), queries=shop.queries)
