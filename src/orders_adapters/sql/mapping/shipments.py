"""Mapping between rows and shipments, each of which has a row of its own (decision 0065)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Connection, bindparam, case, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from orders_adapters.sql import tables
from orders_adapters.sql.mappers import insert_all
from orders_domain.model import history
from orders_domain.model.life.shipments import Shipment
from orders_domain.model.order import Order

_shipments = tables.shipments.c
_OF_ORDER = select(_shipments.content).where(_shipments.order_id == bindparam("of", type_=_shipments.order_id.type))
_ONE = _OF_ORDER.where(_shipments.id == bindparam("shipment", type_=_shipments.id.type))
_UPDATE = (
    update(tables.shipments)
    .where(_shipments.id == bindparam("of", type_=_shipments.id.type))
    .values(content=bindparam("new", type_=_shipments.content.type))
)


class JsonList(FunctionElement[Any]):
    """The list of a JSON column of all rows, in no order."""

    type = JSON()
    inherit_cache = True


@compiles(JsonList, "postgresql")
def _on_postgresql(element: JsonList, compiler: Any, **options: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **options)})"


@compiles(JsonList, "sqlite")
def _on_sqlite(element: JsonList, compiler: Any, **options: Any) -> str:
    return f"json_group_array(json({compiler.process(element.clauses, **options)}))"


_contents = (
    select(JsonList(_shipments.content)).where(_shipments.order_id == tables.orders.c.id).correlate(tables.orders)
)
# An order that was never changed has no shipments, so that a page of new orders reads no further index.
COLUMNS = (*tables.orders.c, case((tables.orders.c.version > 1, _contents.scalar_subquery())).label("shipments"))
"""The columns of an order with its shipments, for statements that do not lock it.

A statement that waited for a lock sees the new row of the order, and other tables as they were before: a locked order
is read without shipments, and ``read`` reads them afterwards.
"""


def read(connection: Connection, order: Order, shipment_id: UUID | None = None) -> None:
    """Read the shipments of a locked order, or one of them; no statement is sent for an order without shipments."""
    if order.life.unread.count:
        statement = _OF_ORDER if shipment_id is None else _ONE
        contents = connection.scalars(statement, {"of": order.id, "shipment": shipment_id}).all()
        order.life = order.life.with_shipments(map(Shipment.from_json, contents))


def save(connection: Connection, order: Order) -> None:
    """Insert the shipments and the events that new history entries have, and update the shipments of the events.

    The keys of the rows decide whether they are new.
    """
    shipments = {shipment.id: shipment for shipment in order.life.shipments}
    created, changed = [], {}
    events = []
    for entry in order.new_entries:
        details: Mapping[str, Any] = entry.details
        if entry.kind == history.SHIPMENT_CREATED:
            created.append(shipments[details["shipment"]["id"]])
        elif entry.kind == history.SHIPMENT_CHANGED and details["shipment_id"] in shipments:
            changed[details["shipment_id"]] = shipments[details["shipment_id"]]
            events.append({"shipment_id": UUID(details["shipment_id"]), "event_id": details["event"]["event_id"]})
    rows = [{"id": UUID(known.id), "order_id": order.id, "content": known.as_json()} for known in created]
    insert_all(connection, tables.shipments, rows)
    insert_all(connection, tables.shipment_events, events)
    rewrite(connection, changed)


def rewrite(connection: Connection, shipments: Mapping[str, Shipment]) -> None:
    """Replace the stored shipments, by their id."""
    if shipments:
        rows = [{"of": UUID(known), "new": shipment.as_json()} for known, shipment in shipments.items()]
        connection.execute(_UPDATE, rows if len(rows) > 1 else rows[0])
