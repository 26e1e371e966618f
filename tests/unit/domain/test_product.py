"""Validation of products, requested items and lines: each rejection names the field."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_domain import Money
from orders_domain.errors import InvalidAmount, InvalidValue, Kind
from orders_domain.model.product import MAX_STOCK, NewProduct, OrderLine, Product, RequestedItem, quantities_by_product
from tests.support.cases import each_case

PRICE = Money(250, "USD")
TEA = Product(id=1, sku="TEA-1", name="Tea", price=PRICE, stock=6, low_stock_threshold=5)

TEXTS: list[Any] = ["", " ", "\t\n", "a\x00", "\ud800", None, 1, True, b"tea", ["tea"]]
COUNTS: list[Any] = [-1, MAX_STOCK + 1, 10**30, 1.0, 1.5, "1", True, False, None]


@each_case(
    ("field", "named", "wrong"),
    [
        *(("sku", "sku", text) for text in (*TEXTS, "x" * 65)),
        *(("name", "name", text) for text in (*TEXTS, "x" * 256)),
        *(("stock", "stock", count) for count in COUNTS),
        *(("low_stock_threshold", "low_stock_threshold", count) for count in COUNTS),
    ],
)
def test_invalid_product_is_rejected_by_field(field: str, named: str, wrong: Any) -> None:
    good: dict[str, Any] = {"sku": "TEA-1", "name": "Tea", "price": PRICE}

    with pytest.raises(InvalidValue) as refusal:
        NewProduct(**good | {field: wrong})

    assert (refusal.value.field, refusal.value.kind) == (named, Kind.INVALID)


@pytest.mark.parametrize(
    "good",
    [{"sku": "x" * 64}, {"name": "ö" * 255}, {"stock": 0}, {"stock": MAX_STOCK}, {"low_stock_threshold": 0}],
    ids=str,
)
def test_extreme_values_are_accepted(good: dict[str, Any]) -> None:
    assert replace(TEA, **good)


def test_new_product_has_default_stock_and_threshold() -> None:
    new = NewProduct(sku="TEA-1", name="Tea", price=PRICE)

    assert (new.stock, new.low_stock_threshold) == (0, 5)


@pytest.mark.parametrize(
    ("stock", "threshold", "low"), [(6, 5, False), (5, 5, True), (4, 5, True), (0, 0, True), (1, 0, False)]
)
def test_product_is_low_at_or_below_threshold(stock: int, threshold: int, low: bool) -> None:
    assert replace(TEA, stock=stock, low_stock_threshold=threshold).is_low is low


@pytest.mark.parametrize("quantity", [0, -1, 10_001, 10**30, 1.0, 1.5, "1", True, None])
@pytest.mark.clause("002-18")
def test_invalid_quantity_is_rejected(quantity: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        RequestedItem(product_id=1, quantity=quantity)

    assert refusal.value.field == "quantity"


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 10_000)), max_size=20))
def test_quantities_are_summed_by_product(requested: list[tuple[int, int]]) -> None:
    result = quantities_by_product(
        RequestedItem(product_id=product, quantity=quantity) for product, quantity in requested
    )

    assert list(result) == sorted({product for product, _ in requested})
    for product, quantity in result.items():
        assert quantity == sum(
            requested_quantity for requested_product, requested_quantity in requested if requested_product == product
        )


@given(quantity=st.integers(1, 10_000), minor=st.integers(0, 10**8))
def test_line_subtotal_is_exact(quantity: int, minor: int) -> None:
    line = OrderLine(product_id=1, quantity=quantity, unit_price=Money(minor, "JPY"))

    assert line.subtotal == Money(quantity * minor, "JPY")


def test_subtotal_above_max_amount_is_rejected() -> None:
    with pytest.raises(InvalidAmount):
        OrderLine(product_id=1, quantity=2, unit_price=Money(10**12, "USD")).subtotal  # noqa: B018
