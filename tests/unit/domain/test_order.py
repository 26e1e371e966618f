"""Placing an order: its lines, its total, its first version."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.testing.examples import ADA, CABLE, LAMP, NOON, TOTAL, items, new_id, placed
from orders_domain import CustomItem, Money, Order, OrderStatus, Origin
from orders_domain.errors import InvalidValue, TotalMismatch, VersionMismatch
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.life.placing import Placing
from orders_domain.model.values.json_values import JSON
from tests.support.cases import each_case


def place(lines: tuple[CustomItem, ...], total: Money, *, origin: Origin = Origin.ORDERS) -> Order:
    return Order.place(order_id=new_id(), origin=origin, items=lines, total=total, by=ADA, at=NOON)


def test_new_order_is_pending_at_version_1() -> None:
    order = placed(by=ADA, at=NOON)

    assert (order.status, order.user_id, order.version, order.persisted_version) == (OrderStatus.PENDING, "ada", 1, 0)
    assert (order.created_at, order.updated_at, order.number) == (NOON, NOON, None)
    assert (order.items, order.total) == (items(LAMP, CABLE), TOTAL)


@pytest.mark.parametrize(
    "named", [Contact(name="Grace"), Contact(email="grace@example.com"), Contact(phone="+41 44 668 18 00")]
)
def test_named_contact_is_not_mixed_with_the_sender(named: Contact) -> None:
    sender = replace(ADA, contact=Contact(name="Ada", email="ada@example.com", phone="+1 212 555 0100", language="de"))

    order = Order.place(
        order_id=new_id(),
        origin=Origin.ORDERS,
        items=items(LAMP, CABLE),
        total=TOTAL,
        by=sender,
        placing=Placing(contact=named),
        at=NOON,
    )

    assert order.contact == replace(named, language="de")


@pytest.mark.parametrize(
    ("count", "origin"), [(1_001, Origin.ORDERS), (0, Origin.MANAGEMENT), (0, Origin.OSTORE), (0, Origin.CHECKOUT)]
)
def test_item_count_out_of_range_is_rejected(count: int, origin: Origin) -> None:
    items = [CustomItem({"sku": "LAMP-1"})] * count

    with pytest.raises(InvalidValue) as refusal:
        Order.place(order_id=new_id(), origin=origin, items=items, total=TOTAL, by=ADA, at=NOON)

    assert refusal.value.field == "items"


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_up_to_a_thousand_items_are_accepted(count: int) -> None:
    lines = tuple(CustomItem({"sku": "LAMP-1"}) for _ in range(count))

    assert len(place(lines, TOTAL).items) == count


@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 10_000)), min_size=1, max_size=20),
    st.sampled_from(["quantity", "qty"]),
    st.sampled_from(["unit_price", "price"]),
    st.integers(-3, 3),
)
def test_total_must_equal_sum_of_priced_lines(
    lines: list[tuple[int, int]], quantity: str, price: str, error_in_cents: int
) -> None:
    sent = tuple(CustomItem({quantity: count, price: cents / 100}) for count, cents in lines)
    cents = sum(count * price_in_cents for count, price_in_cents in lines)
    stated = Money(max(0, cents + error_in_cents), "USD")

    if stated.minor == cents:
        assert place(sent, stated).total == stated
    else:
        with pytest.raises(TotalMismatch) as refusal:
            place(sent, stated)
        assert refusal.value.field == "total"


@each_case(
    "silent",
    [
        {"sku": "GIFT"},
        {"quantity": 2},
        {"price": 5},
        {"quantity": "2", "price": 5},
        {"quantity": 2, "price": "5.00"},
        {"quantity": None, "price": 5},
        {"quantity": True, "price": 5},
        {"quantity": 2, "price": {"amount": 5}},
    ],
)
def test_unpriced_line_accepts_the_client_total(silent: dict[str, JSON]) -> None:
    order = place(items(LAMP, silent), Money(123_456, "USD"))

    assert order.total == Money(123_456, "USD")


def test_full_names_override_short_names() -> None:
    line = CustomItem({"quantity": 2, "qty": 9, "unit_price": 1.5, "price": 9.5})

    assert line.subtotal == Decimal("3.0")


def test_tenths_are_added_as_decimals() -> None:
    thrice = items({"qty": 1, "price": 0.1}, {"qty": 1, "price": 0.1}, {"qty": 1, "price": 0.1})

    assert place(thrice, Money.of(0.3, "USD")).total == Money(30, "USD")


def test_sum_is_exact_beyond_28_digits() -> None:
    less_than_half = CustomItem({"quantity": 1.0000000000000002, "price": 0.004999999999999999})  # 0.005 - 2e-34

    with pytest.raises(TotalMismatch):
        place((less_than_half,), Money(1, "USD"))


@pytest.mark.parametrize(
    ("priced", "accepted", "refused", "expected"),
    [
        ([(1.5, 0.99)], {149, 148}, {147, 150}, "1.49"),  # 1.485
        ([(0.333, 3.0)], {100}, {99, 101}, "1.00"),  # 0.999
        ([(0.5, 0.01)] * 3, {0, 2, 3}, {1, 4}, "0.02"),  # 0.015 in all; a line 0.01 or 0.00
        ([(1, 0.125), (1, 0.135)], {26, 27}, {25, 28}, "0.26"),  # 0.13 + 0.14, 0.12 + 0.14
        ([(1, 1e300)], set(), {0}, "prices."),
    ],
    ids=str,
)
def test_fractional_sum_is_accepted_if_rounded(
    priced: list[tuple[float, float]], accepted: set[int], refused: set[int], expected: str
) -> None:
    weighed = tuple(CustomItem({"quantity": quantity, "price": price}) for quantity, price in priced)

    for cents in accepted:
        assert place(weighed, Money(cents, "USD")).total.minor == cents
    for cents in refused:
        with pytest.raises(TotalMismatch, match=re.escape(expected)):
            place(weighed, Money(cents, "USD"))


def test_outdated_version_is_rejected() -> None:
    order = placed()

    order.ensure_version(None)
    order.ensure_version(frozenset({1}))
    order.ensure_version(frozenset({7, 1}))
    for others in (frozenset({2}), frozenset[int]()):
        with pytest.raises(VersionMismatch) as refusal:
            order.ensure_version(others)
        assert (refusal.value.expected, refusal.value.current) == (others, 1)
