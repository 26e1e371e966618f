"""Exports of summaries, which the database counts: byte by byte those of the orders themselves."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Engine

from orders_adapters.sql import mappers, tables
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.testing.carts import cart
from orders_adapters.testing.examples import NOON
from orders_domain import CustomItem, Money, Order, OrderStatus, Origin
from orders_domain.model.address import Address
from orders_domain.model.order_filter import Cursor, OrderFilter, Sort
from orders_domain.model.product import OrderLine
from orders_flask.files import csv_cells, order_rows

TEA = CustomItem({"sku": "TEA", "items": [1, 2], "note": "[],\\ \U0001f375"})
CART = cart()
HOME = Address(line1='"A"\r\n, =B', city="Zürich", state="-1", postal_code="1", country="CH")
FLAT = replace(HOME, line2="＝2")
COUNT = 3 * 5 * 7 * 2


def line(product_id: int, currency: str) -> OrderLine:
    return OrderLine(product_id=product_id, quantity=2, unit_price=Money(900, currency), sku="S", title="[]")


def order(number: int, *, kind: str, amount: tuple[int, str], **values: Any) -> Order:
    minor, currency = amount
    return Order(
        id=UUID(int=number),
        number=number,
        items=CART.items if kind == "cart" else (TEA,) * ("items" in kind) * 2,
        cart=CART if kind == "cart" else None,
        lines=tuple(line(product_id, currency) for product_id in (1, 2, 3)) if "lines" in kind else (),
        total=Money(minor, currency),
        **values,
    )


def orders() -> list[Order]:
    """Orders of every contract, status and kind of content; the cycles have different lengths, so that they combine."""
    moments = [NOON, NOON + timedelta(microseconds=1), NOON + timedelta(seconds=1, microseconds=120_000)]
    amounts = [(0, "USD"), (1, "HRK"), (10**12, "USD"), (7, "JPY"), (0, "JPY"), (1_005, "KWD"), (333, "CLF")]
    users = ["ada", None, "=1+1", "Bonn;=1", "\N{SNOWMAN}", 'a"b', "x", "y", "z", "\t-1", "１"]
    kinds = ["items", "lines", "items and lines", "cart", "none"]
    addresses = [None, HOME, FLAT]
    cycles: list[Iterable[Any]] = [moments, amounts, users, Origin, OrderStatus, addresses, kinds]
    values = zip(*map(cycle, cycles), strict=True)
    return [
        order(
            number,
            kind=kind,
            amount=amount,
            user_id=user,
            origin=origin,
            status=status,
            created_at=moment,
            updated_at=moment + timedelta(days=number),
            version=number,
            address=address,
        )
        for number, (moment, amount, user, origin, status, address, kind) in enumerate(islice(values, COUNT), 1)
    ]


@pytest.fixture
def queries(engine: Engine) -> SqlOrderQueries:
    with engine.begin() as connection:
        released = {"cart_snapshot_id": None}  # a cart is ordered once
        rows = [mappers.order_values(each) | released | {"number": each.number} for each in orders()]
        connection.execute(tables.orders.insert(), rows)
    return SqlOrderQueries(engine)


def row(each: Order) -> dict[str, Any]:
    """The row of an order, built from the entity."""
    address = each.address.as_dict() if each.address else {}
    return {
        "order_number": each.number,
        "order_id": each.id,
        "origin": each.origin.value,
        "user_id": each.user_id,
        "status": each.status.value,
        "total": each.total,
        "currency": each.total.currency,
        "items": len(each.items) + len(each.lines),
        "created_at": each.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": each.updated_at.isoformat().replace("+00:00", "Z"),
        "version": each.version,
        **{
            f"shipping_{part}": address.get(part)
            for part in ("line1", "line2", "city", "state", "postal_code", "country")
        },
    }


def as_jsonl(each: Order) -> bytes:
    return orjson.dumps(row(each) | {"total": float(each.total.amount)}, option=orjson.OPT_APPEND_NEWLINE)


def as_csv(each: Order) -> bytes:
    text = StringIO()
    cells = (row(each) | {"total": each.total.amount}).values()
    csv.writer(text).writerow([csv_cells.escape(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue().encode()


@pytest.mark.parametrize(("form", "rendered"), [("jsonl", as_jsonl), ("csv", as_csv)])
def test_summaries_give_the_bytes_of_orders(queries: SqlOrderQueries, form: str, rendered: Any) -> None:
    expected = sorted(orders(), key=Sort.NEWEST.key, reverse=True)

    page = queries.summaries(OrderFilter(limit=1_000))

    assert page.next_cursor is None
    count, written = order_rows.encode(form, order_rows.VIEWS["orders"], page.orders)
    assert count == len(expected)
    assert written == b"".join(map(rendered, expected))


@pytest.mark.parametrize("sort", Sort)
def test_summaries_and_orders_have_equal_pages(queries: SqlOrderQueries, sort: Sort) -> None:
    cursor: Cursor | None = None
    for _ in range(3):
        order_filter = OrderFilter(
            limit=50, sort=sort, cursor=cursor, statuses=frozenset(OrderStatus) - {OrderStatus.PAID}
        )
        found, summaries = queries.search(order_filter), queries.summaries(order_filter)
        assert [each.id for each in summaries.orders] == [each.id for each in found.orders]
        assert summaries.next_cursor == found.next_cursor
        cursor = found.next_cursor
