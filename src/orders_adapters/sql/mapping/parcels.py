"""Parcels on PostgreSQL: one statement writes all rows that a new shipment changes, instead of five."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    Connection,
    Integer,
    String,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import TSVECTOR, insert

from orders_adapters.sql import tables
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.engine.engine import json_text
from orders_adapters.sql.mappers import Values, axis_values, entry_values, life_values, line_counter_values
from orders_adapters.sql.tables.column_types import quoted
from orders_domain.errors import StaleOrder
from orders_domain.model import history
from orders_domain.model.order import Order
from orders_domain.model.order_state import CHANGING, FOLDED
from orders_domain.model.search.order_words import MAX_WORDS, added_words

COUNTERS = ("shipped", "cancelled", "returned", "awaited")
_COUNTED = ("number", "quantity", *COUNTERS)
_orders = tables.orders.c


def is_parcel(connection: Connection, order: Order) -> bool:
    """Return whether a new shipment is the only change of the order, and the store is PostgreSQL."""
    kinds = [entry.kind for entry in order.new_entries]
    return kinds == [history.SHIPMENT_CREATED] and connection.dialect.name == "postgresql"


def save(connection: Connection, order: Order) -> bool:
    """Write the order, its counters, the shipment, its words and the history entry; return whether it has all words.

    The keys and constraints of the rows decide, as they do for other changes.

    Raises:
        StaleOrder: the stored version is not the one that was read; nothing is stored.
    """
    (entry,) = order.new_entries
    words, shipment = added_words(entry), order.life.shipments[-1]
    changed = {name: getattr(order, name) for name in CHANGING} | axis_values(order)
    rows = line_counter_values(order)
    values: Values = {f"orders_{name}": value for name, value in changed.items()}
    values |= {f"history_{name}": value for name, value in entry_values(entry).items()}
    values |= {f"lines_{name}": _array([row[name] for row in rows]) for name in _COUNTED}
    values |= {
        "orders_life": json_text(life_values(order)),
        "history_details": json_text(entry.details),
        "shipment_id": shipment.id,
        "shipment_content": json_text(shipment.as_json()),
        "words": quoted(sorted(words or ())),
        "saved_id": order.id,
        "saved_version": order.persisted_version,
    }
    ((is_saved, has_words),) = _writing(tuple(changed), with_words=bool(words)).execute(connection, values)
    if not is_saved:
        raise StaleOrder(order.id)
    return bool(has_words)


@cache
def _writing(changed: tuple[str, ...], *, with_words: bool) -> CompiledStatement:
    """Update the order, if it has the version that was read, and write the other rows only then."""
    saved = (
        update(tables.orders)
        .where(_orders.id == bindparam("saved_id", type_=_orders.id.type))
        .where(_orders.version == bindparam("saved_version", type_=Integer))
        .values({name: _parameter("orders", _orders[name]) for name in (*changed, FOLDED)})
        .returning(_orders.id)
        .cte("saved")
    )
    entry = {each.name: _parameter("history", each) for each in tables.ENTRY_COLUMNS}
    shipment_id = cast(bindparam("shipment_id", type_=String), tables.shipments.c.id.type)
    content = cast(bindparam("shipment_content", type_=Text), JSON)
    inserted = {
        "counted": _upserting_lines(saved),
        "shipped": _inserting(tables.shipments, {"id": shipment_id, "order_id": saved.c.id, "content": content}, saved),
        "recorded": _inserting(tables.order_history, entry | {"order_id": saved.c.id}, saved),
    }
    has_words: Any = exists().select_from(saved)
    if with_words:
        worded = _adding_words(saved).cte("worded")
        has_words = exists().select_from(worded)
    return CompiledStatement(
        select(exists().select_from(saved).label("is_saved"), has_words.label("has_words")).add_cte(
            *(statement.cte(name) for name, statement in inserted.items())
        )
    )


def _parameter(prefix: str, of: Column[Any]) -> Any:
    name = f"{prefix}_{of.name}"
    return cast(bindparam(name, type_=Text), JSON) if isinstance(of.type, JSON) else bindparam(name, type_=of.type)


def _inserting(table: Any, values: Values, *sources: Any) -> Any:
    rows = select(*values.values()).select_from(*sources)
    return insert(table).from_select(list(values), rows, include_defaults=False)


def _upserting_lines(saved: Any) -> Any:
    arrays = (cast(bindparam(f"lines_{name}", type_=Text), ARRAY(BigInteger)) for name in _COUNTED)
    counted = func.unnest(*arrays).table_valued(*(column(name, BigInteger) for name in _COUNTED)).render_derived()
    inserting = _inserting(
        tables.order_lines, {"order_id": saved.c.id, **{name: counted.c[name] for name in _COUNTED}}, saved, counted
    )
    return inserting.on_conflict_do_update(
        index_elements=["order_id", "number"], set_={name: inserting.excluded[name] for name in COUNTERS}
    )


def _array(numbers: list[int]) -> str:
    """Return a constant of PostgreSQL, which it reads faster than the driver writes a list."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _adding_words(saved: Any) -> Any:
    """Add words to those of the order, unless there may be too many then."""
    words = tables.order_words.c.words
    inserting = _inserting(
        tables.order_words, {"order_id": saved.c.id, "words": cast(bindparam("words", type_=String), TSVECTOR)}, saved
    )
    new = inserting.excluded.words
    return inserting.on_conflict_do_update(
        index_elements=["order_id"],
        set_={"words": words.op("||")(new)},
        where=func.length(words) + func.length(new) <= MAX_WORDS,
    ).returning(tables.order_words.c.order_id)
