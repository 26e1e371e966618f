"""Areas of the stock: a product's stock is the sum of its ledger, and so are the units of a stock hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import Area, Batch, Found, last_of
from orders_adapters.sql.mappers import event_values, insert_all
from orders_adapters.sql.products import LOCAL_ONLY, to_product, write_changes
from orders_adapters.sql.stock import lock_products
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind, Key
from orders_domain.model.events import stock_low_events
from orders_domain.model.product_audit import MovementKind

_PRODUCTS = 20
"""Products of which one statement adds up the ledgers, because a ledger may be long."""
_HOLDS = 200
_products, _movements = tables.products.c, tables.stock_movements.c
_holds, _lines = tables.stock_holds.c, tables.stock_hold_lines.c
_LEDGER = select(func.coalesce(func.sum(_movements.quantity), 0)).where(_movements.product_id == _products.id)
_STOCK = select(_products.id, _products.sku, _products.stock_quantity, _LEDGER.scalar_subquery().label("ledger"))
_STOCK_PAGE = _STOCK.where(LOCAL_ONLY).order_by(_products.id).limit(_PRODUCTS)
_HOLD_PAGE = select(_holds.id, _holds.ended_at).order_by(_holds.id).limit(_HOLDS)
_of = bindparam("of", type_=_holds.id.type)
_between = (bindparam("first", type_=_holds.id.type), bindparam("last", type_=_holds.id.type))
_HOLD_LINES = select(tables.stock_hold_lines).where(_lines.hold_id.between(*_between))
_HOLD_MOVEMENTS = select(tables.stock_movements).where(
    _movements.hold_id.is_not(None), _movements.hold_id.between(*_between)
)


def _examine_products(connection: Connection, after: Key | None, now: datetime) -> Batch:
    page = connection.execute(_STOCK_PAGE.where(_products.id > (after or 0))).all()
    return Batch(list(_wrong_stock(page)), len(page), last_of(page, limit=_PRODUCTS))


def _lock_product(connection: Connection, key: Any, now: datetime) -> Sequence[Found]:
    lock_products(connection, [key])  # first, because the ledger must be read after the lock was acquired
    return list(_wrong_stock(connection.execute(_STOCK.where(_products.id == key)).all()))


def _wrong_stock(page: Sequence[Any]) -> Iterator[Found]:
    for row in page:
        if (ledger := int(row.ledger)) != row.stock_quantity:
            yield Found(
                kind=FindingKind.STOCK,
                key=row.id,
                subject=f"product {row.sku}",
                text=f"The stock is {row.stock_quantity}, and its ledger adds up to {ledger}.",
                repair=partial(_set_stock, row.id, ledger) if ledger >= 0 else None,
            )


def _set_stock(product_id: int, ledger: int, connection: Connection, by: Actor, at: datetime) -> None:
    """Set the stock to the sum of its ledger, with an entry in the history of the product."""
    row = connection.execute(select(tables.products).where(_products.id == product_id)).one()
    before = to_product(row)
    after = replace(before, stock=ledger, version=before.version + 1)
    values = {"stock_quantity": after.stock, "version": after.version}
    connection.execute(update(tables.products).where(_products.id == product_id).values(values))
    write_changes(connection, [(before, after)], by=by, at=at)
    low = stock_low_events(before, after, by=by, at=at)
    insert_all(connection, tables.outbox, [event_values(event) for event in low])


def _examine_holds(connection: Connection, after: Key | None, now: datetime) -> Batch:
    statement = _HOLD_PAGE if after is None else _HOLD_PAGE.where(_holds.id > after)
    page = connection.execute(statement).all()
    return Batch(list(_wrong_holds(connection, page)), len(page), last_of(page, limit=_HOLDS))


def _lock_hold(connection: Connection, key: Key, now: datetime) -> Sequence[Found]:
    locked = select(_holds.id, _holds.ended_at).where(_holds.id == _of).with_for_update(key_share=True)
    return list(_wrong_holds(connection, connection.execute(locked, {"of": key}).all()))


def _wrong_holds(connection: Connection, page: Sequence[Any]) -> Iterator[Found]:
    if not page:
        return
    ends = {"first": page[0].id, "last": page[-1].id}
    lines: dict[UUID, list[Any]] = defaultdict(list)
    moved: dict[UUID, dict[tuple[int, MovementKind], Any]] = defaultdict(dict)
    for line in connection.execute(_HOLD_LINES, ends):
        lines[line.hold_id].append(line)
    for movement in connection.execute(_HOLD_MOVEMENTS, ends):
        moved[movement.hold_id][movement.product_id, movement.kind] = movement
    for row in page:
        if text := _flaw(row, lines[row.id], moved[row.id]):
            yield Found(
                kind=FindingKind.STOCK_HOLD,
                key=row.id,
                subject=f"stock hold {row.id}",
                text=text,
                repair=_hold_repair(row.id, lines[row.id], moved[row.id]),
            )


def _flaw(hold: Any, lines: Sequence[Any], moved: dict[tuple[int, MovementKind], Any]) -> str | None:
    for line in lines:
        taken, given = _units(line, moved)
        if taken != line.quantity:
            return f"It has {line.quantity} units of product {line.product_id}, and the ledger says {taken}."
        if given != line.returned:
            return f"It has returned {line.returned} units of product {line.product_id}, and the ledger says {given}."
        if (hold.ended_at is not None) != (given > 0):
            state = "open" if hold.ended_at is None else "ended"
            return f"It is {state}, and it has returned {given} units of product {line.product_id} to stock."
    return None


def _units(line: Any, moved: dict[tuple[int, MovementKind], Any]) -> tuple[int, int]:
    taken = moved.get((line.product_id, MovementKind.HELD))
    given = moved.get((line.product_id, MovementKind.HOLD_ENDED))
    return (-taken.quantity if taken else 0), (given.quantity if given else 0)


def _hold_repair(hold_id: UUID, lines: Sequence[Any], moved: dict[tuple[int, MovementKind], Any]) -> Any:
    """Return the repair: the state that the ledger says, if it says one of the hold and all its lines.

    A hold that is open again ends when it is due, and gives its units back then.
    """
    units = [_units(line, moved) for line in lines]
    quantities = [line.quantity for line in lines]
    if [taken for taken, _ in units] != quantities:
        return None
    if [given for _, given in units] == quantities:
        ended_at = max(row.at for (_, kind), row in moved.items() if kind is MovementKind.HOLD_ENDED)
        return partial(_set_hold, hold_id, ended_at)
    return None if any(given for _, given in units) else partial(_set_hold, hold_id, None)


def _set_hold(hold_id: UUID, ended_at: datetime | None, connection: Connection, by: Actor, at: datetime) -> None:
    connection.execute(update(tables.stock_holds).where(_holds.id == hold_id).values(ended_at=ended_at))
    returned: Any = 0 if ended_at is None else _lines.quantity
    connection.execute(update(tables.stock_hold_lines).where(_lines.hold_id == hold_id).values(returned=returned))


PRODUCTS = Area(examine=_examine_products, lock=_lock_product, keys=select(_products.id).where(LOCAL_ONLY))
HOLDS = Area(examine=_examine_holds, lock=_lock_hold, keys=select(_holds.id))
