"""Export rows: one per order, or one per item of an order."""

import csv
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import chain
from typing import Any

import orjson

from orders_domain.model.order import Order
from orders_domain.model.search.order_summary import ADDRESS_PARTS, OrderSummary
from orders_domain.model.values.money import to_major_units
from orders_flask.files import csv_cells

Row = Mapping[str, Any]

KEY = ("created_at", "order_id")
"""Columns of every row, from which ``--resume`` reads its cursor."""

_AS_LINES = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True, slots=True)
class View:
    """The columns of a view, the rows of an order, and whether it takes orders with their items, not summaries."""

    columns: Sequence[str]
    rows: Callable[[Any], Iterator[Row]]
    needs_items: bool


def _order_rows(order: OrderSummary) -> Iterator[Row]:
    yield {
        "order_number": order.number,
        "order_id": order.id,
        "origin": order.origin.value,
        "user_id": order.user_id,
        "status": order.status.value,
        "total": to_major_units(order.total_minor, order.currency),
        "currency": order.currency,
        "items": order.item_count,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "version": order.version,
        "shipping_line1": order.line1,
        "shipping_line2": order.line2,
        "shipping_city": order.city,
        "shipping_state": order.state,
        "shipping_postal_code": order.postal_code,
        "shipping_country": order.country,
    }


def _item_rows(order: Order) -> Iterator[Row]:
    common = {
        "order_number": order.number,
        "order_id": order.id,
        "user_id": order.user_id,
        "status": order.status.value,
        "created_at": order.created_at,
    }
    currency = order.total.currency
    for position, line in enumerate(order.lines):
        yield common | {
            "position": position,
            "product_id": line.product_id,
            "quantity": line.quantity,
            "unit_price": line.unit_price.amount,
            "subtotal": line.subtotal.amount,
            "currency": currency,
            "item": None,
        }
    for position, item in enumerate(order.items, start=len(order.lines)):
        nothing = dict.fromkeys(("product_id", "quantity", "unit_price", "subtotal"))
        yield common | {"position": position, **nothing, "currency": currency, "item": item.content}


_ORDER_COLUMNS = "order_number order_id origin user_id status total currency items created_at updated_at version"
_ITEM_COLUMNS = "order_number order_id user_id status created_at position product_id quantity unit_price subtotal"
VIEWS: Mapping[str, View] = {
    "orders": View([*_ORDER_COLUMNS.split(), *(f"shipping_{part}" for part in ADDRESS_PARTS)], _order_rows, False),
    "items": View([*_ITEM_COLUMNS.split(), "currency", "item"], _item_rows, True),
}


def header(form: str, view: View, *, with_bom: bool = False) -> bytes:
    """Return the first bytes of a file; JSON Lines have none."""
    return (BOM_UTF8 if with_bom else b"") + header_bytes(view.columns) if form == "csv" else b""


def encode(form: str, view: View, orders: Iterable[Order] | Iterable[OrderSummary]) -> tuple[int, bytes]:
    """Return the number of rows of the orders, and the rows as ``csv`` or ``jsonl``."""
    rows = list(chain.from_iterable(map(view.rows, orders)))
    return len(rows), (csv_bytes if form == "csv" else json_bytes)(rows, view.columns)


def csv_bytes(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Return the rows as CSV (RFC 4180)."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue().encode()


def header_bytes(columns: Sequence[str]) -> bytes:
    return (",".join(columns) + "\r\n").encode()


def json_bytes(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Return the rows as JSON Lines; amounts are numbers."""
    return b"".join(orjson.dumps(row, default=_plain, option=_AS_LINES) for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return csv_cells.escape(value)  # because a spreadsheet would evaluate a customer's text as a formula
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return csv_cells.escape_json(orjson.dumps(value).decode()) if isinstance(value, Mapping) else value


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else dict(value)
