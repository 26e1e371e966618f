"""Records of orders: the rows of a range of orders, from all tables that are computed from their histories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, bindparam, select

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import UNREADABLE
from orders_adapters.sql.mappers import to_contact, to_entry
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order, rebuild

_orders = tables.orders.c


def _range(table: Table, *columns: Any) -> Any:
    """Return a statement of the columns of the orders from ``first`` to ``last``."""
    kind = _orders.id.type
    between = table.c.order_id.between(bindparam("first", type_=kind), bindparam("last", type_=kind))
    return select(table.c.order_id, *columns).where(between)


_history = tables.order_history
_lines, _facts, _movements = tables.order_lines.c, tables.payment_facts.c, tables.stock_movements.c
_HISTORY = select(*tables.ENTRY_COLUMNS).where(
    _history.c.order_id.between(bindparam("first", type_=_orders.id.type), bindparam("last", type_=_orders.id.type))
)
_HISTORY = _HISTORY.order_by(_history.c.order_id, _history.c.version)
_PARTS: Mapping[str, Any] = {
    "order_lines": _range(
        tables.order_lines,
        *(_lines[name] for name in ("number", "quantity", "shipped", "cancelled", "returned", "awaited")),
    ),
    "payment_sums": _range(
        tables.payment_sums,
        *(tables.payment_sums.c[name] for name in ("provider", "authorizes", "authorized_minor", "captured_minor")),
    ),
    "payment_facts": _range(
        tables.payment_facts,
        *(_facts[name] for name in ("provider", "reference", "kind", "amount_minor", "recorded_at")),
    ),
    "order_tags": _range(tables.order_tags, tables.order_tags.c.tag),
    "order_items": _range(
        tables.order_items,
        *(tables.order_items.c[name] for name in ("position", "product_id", "quantity", "unit_price_minor")),
        *(tables.order_items.c[name] for name in ("subtotal_minor", "placed_at")),
    ),
    "shipments": _range(tables.shipments, tables.shipments.c.id, tables.shipments.c.content),
    "order_returns": _range(tables.order_returns, tables.order_returns.c.id),
    "shipment_events": _range(tables.shipments, tables.shipment_events.c.shipment_id, tables.shipment_events.c.event_id)
    .select_from(tables.shipments)
    .join(tables.shipment_events, tables.shipment_events.c.shipment_id == tables.shipments.c.id),
    "stock_movements": _range(
        tables.stock_movements, _movements.product_id, _movements.kind, _movements.quantity, _movements.version
    ),
    "reservations": _range(tables.reservations, tables.reservations.c.state),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecords:
    """The row of an order, its history, and its rows in each other table, without the id of the order."""

    row: Row[Any]
    entries: Sequence[HistoryEntry]
    parts: Mapping[str, Mapping[UUID, Sequence[Any]]]

    @property
    def id(self) -> UUID:
        order_id: UUID = self.row.id
        return order_id

    @property
    def subject(self) -> str:
        return f"order {self.row.number}"

    @property
    def contact(self) -> Contact:
        return to_contact(self.row.contact)

    def of(self, name: str) -> Sequence[Any]:
        """Return the rows of the table; the first column of each is the id of the order."""
        return self.parts[name].get(self.id, ())

    def folded(self) -> Order | None:
        """Return the order that the history says, or None if the history is not readable to its end."""
        try:
            return rebuild(self.entries, number=self.row.number)
        except UNREADABLE:
            return None


def read(connection: Connection, rows: Sequence[Row[Any]]) -> list[OrderRecords]:
    """Return the records of the rows, which are all orders of a range, by ascending id."""
    if not rows:
        return []
    ends = {"first": rows[0].id, "last": rows[-1].id}
    entries: dict[UUID, list[HistoryEntry]] = defaultdict(list)
    for values in connection.execute(_HISTORY, ends).mappings():
        entries[values["order_id"]].append(to_entry(dict(values)))
    parts: dict[str, dict[UUID, list[Any]]] = {}
    for name, statement in _PARTS.items():
        by_order: dict[UUID, list[Any]] = defaultdict(list)
        for row in connection.execute(statement, ends):
            by_order[row[0]].append(row)
        parts[name] = by_order
    return [OrderRecords(row=row, entries=entries.get(row.id, ()), parts=parts) for row in rows]
