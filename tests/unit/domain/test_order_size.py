"""Size of an order: bounded when it is placed, trusted when it is read, and bounded on a page."""

from collections.abc import Callable
from typing import Any

import pytest

from orders_adapters.memory.order_cache import InMemoryOrderCache
from orders_adapters.testing.examples import ADA, NOON, new_id, placed
from orders_domain import Order, Origin
from orders_domain.errors import InvalidAmount, InvalidItem
from orders_domain.model import order_filter, order_state
from orders_domain.model.custom_item import ContentLimits, CustomItem
from orders_domain.model.order import order_from_state
from orders_domain.model.order_filter import Page
from orders_domain.model.product import OrderLine
from orders_domain.model.values import currencies, json_values
from orders_domain.model.values.money import Money

MAX_CONTENT_BYTES, MAX_CONTENT_VALUES = ContentLimits().max_bytes, ContentLimits().max_values


def of(*contents: dict[str, Any]) -> Any:
    return placed(lines=tuple(CustomItem(content) for content in contents))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (
            [{"note": "x" * MAX_CONTENT_BYTES}],
            "65,536 bytes of JSON and 10,000 values, not 65,547 bytes and 2 values",
        ),
        ([{"note": "x" * 40_000}, {"note": "x" * 40_000}], "at most 65,536 bytes"),
        ([{"note": "é" * 33_000}], "at most 65,536 bytes"),
        ([{"tags": [0] * MAX_CONTENT_VALUES}], "10,000 values, not .* bytes and more than 10,000 values"),
        ([{}] * 600 + [{"tags": [[]] * 9_399}], "10,000 values, not .* bytes and more than 10,000 values"),
    ],
)
def test_large_items_are_rejected(contents: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidItem, match=message) as error:
        of(*contents)

    assert error.value.field == "items"


def test_items_of_the_maximum_size_are_accepted() -> None:
    order = of({"note": "x" * (MAX_CONTENT_BYTES - len('{"note":""}'))})

    assert order.content_size() == MAX_CONTENT_BYTES
    assert of({"tags": [0] * (MAX_CONTENT_VALUES - 2)}).content_size() < MAX_CONTENT_BYTES


def test_stored_items_are_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    order = of({"tags": ["new"]})
    state = order_state.order_state(order)
    for module in ("custom_item", "cart"):
        monkeypatch.setattr(f"orders_domain.model.{module}.json_error", lambda *_, **__: pytest.fail("checked again"))

    assert order_from_state(state) == order


def test_order_in_a_withdrawn_currency_is_read_but_not_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    state = order_state.order_state(of({"note": "no sum"}))
    monkeypatch.delitem(currencies.MINOR_UNIT_DIGITS, "USD")

    assert str(order_from_state(state).total.amount)
    with pytest.raises(InvalidAmount, match="in use"):
        of({"note": "no sum"})
    with pytest.raises(InvalidAmount, match="in use"):
        Money.of(1, "USD")


def test_page_ends_at_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_filter, "MAX_PAGE_BYTES", 1_000)
    orders = [of({"note": "x" * 400}) for _ in range(5)]
    rows = iter(orders)

    page = Page.from_rows(rows, 100)

    assert page.orders == tuple(orders[:2])
    assert page.next_cursor is not None
    assert page.next_cursor.order_id == orders[1].id
    assert next(rows) == orders[3]
    assert page.is_cut
    assert not Page.from_rows(iter(orders), 2).is_cut


def of_products(count: int) -> Order:
    lines = [OrderLine(product_id=number, quantity=1, unit_price=Money(1, "USD")) for number in range(1, count + 1)]
    total = Money(count, "USD")
    return Order.place(order_id=new_id(), origin=Origin.MANAGEMENT, lines=lines, total=total, by=ADA, at=NOON)


@pytest.mark.parametrize("place", [of_products, lambda count: of(*[{}] * count)], ids=["products", "empty items"])
def test_page_counts_lines_without_content(place: Callable[[int], Order], monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders of many products, or of items that say nothing, are long in every list."""
    monkeypatch.setattr(order_filter, "MAX_PAGE_BYTES", 25 * order_filter.LINE_BYTES)
    orders = [place(10) for _ in range(3)]

    assert Page.from_rows(orders, 100).orders == tuple(orders[:2])


def test_page_has_an_order_above_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_filter, "MAX_PAGE_BYTES", 100)
    orders = [of({"note": "x" * 400}) for _ in range(2)]

    page = Page.from_rows(orders, 100)

    assert page.orders == tuple(orders[:1])
    assert page.next_cursor is not None


def test_cache_is_bounded_in_bytes() -> None:
    orders = [of({"note": "x" * 1_000}) for _ in range(4)]
    cache = InMemoryOrderCache(clock=lambda: orders[0].created_at, max_bytes=4_000)
    for order in orders:
        order.new_entries.clear()
        cache.put(order)

    assert [cache.get(order.id) is not None for order in orders] == [False, False, True, True]
    cache.invalidate({orders[3].id: orders[3].version + 1})
    assert cache._bytes == len(cache._copies[orders[2].id].snapshot)


def test_values_are_counted_up_to_the_limit() -> None:
    assert json_values.count_values({"a": [1, {"b": None}]}, limit=10) == 5
    assert json_values.count_values([0] * 1_000, limit=10) == 11
