"""Checks of the stock ledger of an order: its movements add up to the units that its history says it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, select

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import Found
from orders_adapters.sql.consistency.records import OrderRecords
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind
from orders_domain.model.life.taken_units import taken_units
from orders_domain.model.order import Order
from orders_domain.model.product_audit import MovementKind

_products = tables.products.c


def find(records: OrderRecords, order: Order, connection: Connection) -> Iterator[Found]:
    """Yield a finding for each product of which the ledger says other units than the history.

    A missing movement is recorded. The stock of the product, which is the sum of the ledger, is another check.
    """
    if records.of("reservations"):  # its units are another service's
        return
    stored: dict[int, int] = defaultdict(int)
    for row in records.of("stock_movements"):
        stored[row.product_id] -= row.quantity
    expected = taken_units(order) if order.deleted_at is None else {}
    differing = {
        product_id: expected.get(product_id, 0) - stored.get(product_id, 0)
        for product_id in sorted({*stored, *expected})
        if expected.get(product_id, 0) != stored.get(product_id, 0)
    }
    for product_id in _local(connection, differing) if differing else ():
        missing = differing[product_id]
        yield Found(
            kind=FindingKind.STOCK_MOVEMENTS,
            key=records.id,
            subject=records.subject,
            text=f"The stock ledger of product {product_id} says {stored.get(product_id, 0)} units, and the history "
            f"of the order {expected.get(product_id, 0)}.",
            repair=_repair(records, order, product_id, missing),
        )


def _local(connection: Connection, product_ids: dict[int, int]) -> list[int]:
    """Return the products of the own catalogue; others have no ledger."""
    local = select(_products.id).where(_products.id.in_(list(product_ids)), ~_products.external)
    return list(connection.scalars(local.order_by(_products.id)))


def _repair(records: OrderRecords, order: Order, product_id: int, missing: int) -> Any:
    """Return the repair: a movement that is missing. A surplus one has no truth, nor has one of another quantity."""
    kinds = {row.kind for row in records.of("stock_movements") if row.product_id == product_id}
    if missing > 0 and MovementKind.DEDUCTED not in kinds:
        return partial(_record, order, product_id, MovementKind.DEDUCTED, -missing, 1)
    if missing < 0 and MovementKind.DEDUCTED in kinds:
        return partial(_record, order, product_id, MovementKind.RELEASED, -missing, order.version)
    return None


def _record(
    order: Order,
    product_id: int,
    kind: MovementKind,
    quantity: int,
    version: int,
    connection: Connection,
    by: Actor,
    at: datetime,
) -> None:
    values = {"order_id": order.id, "product_id": product_id, "kind": kind, "quantity": quantity, "version": version}
    connection.execute(insert(tables.stock_movements).inline(), values | {"actor": by.subject, "at": at})
