"""Stored state of stock, orders and events, read without the ports, with checks of its consistency."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from orders_adapters.memory.store import InMemoryStore
from orders_adapters.testing.stores import StockMovement
from orders_domain.model import events
from orders_domain.model.product_audit import MovementKind

GIVING_UP = {"CANCELED", "DELETED"}

_PRODUCTS = "SELECT id, stock_quantity FROM products"
_MOVEMENTS = "SELECT product_id, kind, quantity, CAST(order_id AS VARCHAR(36)) FROM stock_movements ORDER BY id"
_ORDERS = "SELECT CAST(id AS VARCHAR(36)), status, deleted_at, lines FROM orders"
_ITEMS = "SELECT CAST(order_id AS VARCHAR(36)), product_id, quantity, unit_price_minor FROM order_items"
_EVENTS = "SELECT type, CAST(order_id AS VARCHAR(36)), version, data FROM outbox ORDER BY id"


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """A published event; ``product`` and ``left`` are of a low-stock event, which may have no order and version."""

    type: str
    order: str
    version: int
    product: int | None = None
    left: int | None = None


@dataclass(frozen=True)
class Ledger:
    """Stock by product, movements, status and lines by order (DELETED if deleted), and the events."""

    stock: Mapping[int, int]
    movements: tuple[StockMovement, ...]
    statuses: Mapping[str, str]
    lines: Mapping[str, Mapping[int, int]]
    published: tuple[PublishedEvent, ...]
    rows: Mapping[str, Mapping[int, int]] = field(default_factory=dict)  # the lines in a database's tables

    def sold(self, product: int) -> int:
        """The quantity of the product in orders that are neither cancelled nor deleted."""
        standing = [order for order, status in self.statuses.items() if status not in GIVING_UP]
        return sum(self.lines[order].get(product, 0) for order in standing)

    def low(self) -> list[tuple[int | None, int | None]]:
        """Product and remaining stock of each low-stock event, oldest first."""
        return [(event.product, event.left) for event in self.published if event.type == events.STOCK_LOW]

    def require_agreement(self, *, other_orders: Collection[str] = ()) -> None:
        """Assert that stock, movements and orders agree, at the end and after every movement.

        Other orders may have given back a part, because lines of theirs were cancelled or returned.
        """
        self._each_stock_is_the_sum_of_its_movements()
        self._each_order_took_and_gave_what_it_should(other_orders)
        assert not self.rows or self.rows == {order: lines for order, lines in self.lines.items() if lines}

    def _each_stock_is_the_sum_of_its_movements(self) -> None:
        running: dict[int, int] = defaultdict(int)
        for movement in self.movements:
            running[movement.product_id] += movement.quantity
            assert running[movement.product_id] >= 0, (
                f"product {movement.product_id} was below nothing after {movement}"
            )
        assert {product: running[product] for product in self.stock} == dict(self.stock)
        assert running.keys() <= self.stock.keys()

    def _each_order_took_and_gave_what_it_should(self, other_orders: Collection[str]) -> None:
        counted = Counter(
            (str(movement.order_id), movement.product_id, movement.kind.value, movement.quantity)
            for movement in self.movements
            if movement.order_id and str(movement.order_id) not in other_orders
        )
        expected: Counter[tuple[str | None, int, str, int]] = Counter()
        for order, lines in self.lines.items():
            for product, quantity in lines.items() if order not in other_orders else ():
                expected[order, product, "deducted", -quantity] += 1
                if self.statuses[order] in GIVING_UP:
                    expected[order, product, "released", quantity] += 1
        assert counted == expected


def of_memory(store: InMemoryStore) -> Ledger:
    with store.read_lock:
        orders = list(store.orders.values())
        return Ledger(
            stock={product.id: product.stock for product in store.products.values()},
            movements=tuple(
                StockMovement(
                    product_id=record.product_id,
                    kind=record.movement,
                    quantity=record.quantity,
                    order_id=record.order_id,
                )
                for record in store.movements
            ),
            statuses={str(record.id): "DELETED" if record.deleted_at else record.status.value for record in orders},
            lines={str(record.id): {line.product_id: line.quantity for line in record.lines} for record in orders},
            published=tuple(
                _event(record.event.type, str(record.event.order_id), record.event.version, record.event.data)
                for record in store.outbox.values()
            ),
        )


def of_database(engine: Engine) -> Ledger:
    """The content of the tables at one moment."""
    # On PostgreSQL one snapshot serves all five queries.
    snapshot = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**snapshot) as connection:
        stock, movements, orders, items, published = (
            connection.execute(text(question)).all() for question in (_PRODUCTS, _MOVEMENTS, _ORDERS, _ITEMS, _EVENTS)
        )
    rows: dict[str, dict[int, int]] = defaultdict(dict)
    for order, product, quantity, _ in items:
        rows[_id(order)][product] = quantity
    return Ledger(
        stock=dict(map(tuple, stock)),
        movements=tuple(
            StockMovement(
                product_id=product,
                kind=MovementKind(kind),
                quantity=quantity,
                order_id=UUID(order) if order else None,
            )
            for product, kind, quantity, order in movements
        ),
        statuses={_id(order): "DELETED" if deleted else status for order, status, deleted, _ in orders},
        lines={
            _id(order): {product: quantity for product, quantity, *_ in _json(lines)} for order, _, _, lines in orders
        },
        published=tuple(_event(kind, _id(order), version, _json(data)) for kind, order, version, data in published),
        rows=rows,
    )


def _event(kind: str, order: str, version: int, data: Mapping[str, Any]) -> PublishedEvent:
    if kind != events.STOCK_LOW:
        return PublishedEvent(kind, order, version)
    if data["order_id"] is None:
        order, version = "", 0
    return PublishedEvent(kind, order, version, data["product_id"], data["stock"])


def _id(text: str) -> str:
    """Add the dashes, because SQLite stores ids without them."""
    bare = text.replace("-", "")
    return f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
