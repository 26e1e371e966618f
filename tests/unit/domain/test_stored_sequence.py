"""Lines of a stored order: built when they are used, checked when they are read."""

from collections.abc import Callable
from typing import Any

import pytest

from orders_adapters.testing.examples import ADMIN, new_id
from orders_domain import CustomItem, Money, Order, Origin
from orders_domain.errors import InvalidAmount
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.life import shipping
from orders_domain.model.order import order_from_state
from orders_domain.model.order_state import order_state
from orders_domain.model.product import OrderLine
from orders_domain.model.values.json_values import StoredSequence
from tests.support.builders import NOON

PRICE = Money(5, "USD")


def order_of(count: int) -> Order:
    """Return an order with half of the lines described by the client, and half of the catalogue, as it was stored."""
    half = count // 2
    placed = Order.place(
        order_id=new_id(),
        origin=Origin.SHOP,
        items=[CustomItem({"title": f"Book {number}", "quantity": 2, "unit_price_minor": 5}) for number in range(half)],
        lines=[OrderLine(product_id=number, quantity=2, unit_price=PRICE, sku=f"S-{number}") for number in range(half)],
        total=Money(10 * count, "USD"),
        by=ADMIN,
        at=NOON,
    )
    return order_from_state(order_state(placed))


def built_for_a_parcel(monkeypatch: pytest.MonkeyPatch, count: int) -> int:
    """Return how many values of lines are built for a parcel of one line of the items and one of the products."""
    order, built = order_of(count), [0]

    def counting(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def counted(content: Any) -> Any:
            built[0] += 1
            return build(content)

        return counted

    for sequence in (order.items, order.lines):
        assert isinstance(sequence, StoredSequence)
        monkeypatch.setattr(sequence, "_build", counting(sequence._build))
    for number in (1, count):
        shipping.ship(order, str(new_id()), {number: 1}, carrier=None, tracking_number=None, by=ADMIN, at=NOON)
    return built[0]


def test_parcel_builds_its_own_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert built_for_a_parcel(monkeypatch, MAX_ITEMS) == built_for_a_parcel(monkeypatch, 10) < 10


def test_stored_lines_equal_those_that_were_placed() -> None:
    numbers = StoredSequence(["1", "2", "3"], int)

    assert numbers == (1, 2, 3) == numbers == StoredSequence([1, 2, 3], int)
    assert numbers not in ((1, 2), [1, 2, 3])
    assert hash(numbers) == hash((1, 2, 3))
    assert (len(numbers), numbers[-1], numbers[:2], repr(numbers)) == (3, 3, (1, 2), "(1, 2, 3)")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ([1, 1], TypeError),
        ([1, 1, 5, "sku"], TypeError),
        ([1, True, 5], TypeError),
        ([1, 1, 5, 7, None], TypeError),
        ([1, 1, -5], InvalidAmount),
        ("115", TypeError),
        (None, TypeError),
    ],
)
def test_damaged_line_is_refused_when_read(line: Any, error: type[Exception]) -> None:
    state = order_state(order_of(4))

    with pytest.raises(error):
        order_from_state({**state, "lines": [[1, 1, 5], line]})
