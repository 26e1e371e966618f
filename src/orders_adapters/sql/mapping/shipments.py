"""Mapping between rows and shipments, each of which has a row of its own (decision 0065)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Connection, bindparam, case, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from orders_adapters.sql import tables
from orders_adapters.sql.mappers import Values, insert_all
from orders_domain.model import history
from orders_domain.model.life.shipments import Shipment
from orders_domain.model.order import Order

_shipments = tables.shipments.c
_OF_ORDER = select(_shipments.content).where(_shipments.order_id == bindparam("of", type_=_shipments.order_id.type))
_OF_ORDERS = select(_shipments.order_id, _shipments.content).where(
    _shipments.order_id.in_(bindparam("ids", expanding=True, type_=_shipments.order_id.type))
)
_ONE = _OF_ORDER.where(_shipments.id == bindparam("shipment", type_=_shipments.id.type))
_UPDATE = (
    update(tables.shipments)
    .where(_shipments.id == bindparam("of", type_=_shipments.id.type))
    .values(content=bindparam("new", type_=_shipments.content.type))
)
_UPDATE_OF_ORDER = _UPDATE.where(_shipments.order_id == bindparam("of_order", type_=_shipments.order_id.type))


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


def read_all(connection: Connection, orders: Iterable[Order]) -> None:
    """Read the shipments of locked orders in one statement, which is not sent if no order has any."""
    shipped = {order.id: order for order in orders if order.life.unread.count}
    if not shipped:
        return
    contents: dict[UUID, list[Any]] = {order_id: [] for order_id in shipped}
    for order_id, content in connection.execute(_OF_ORDERS, {"ids": list(shipped)}):
        contents[order_id].append(content)
    for order_id, order in shipped.items():
        order.life = order.life.with_shipments(map(Shipment.from_json, contents[order_id]))


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
    insert_all(connection, tables.shipments, _rows(order, created))
    insert_all(connection, tables.shipment_events, events)
    rewrite(connection, changed)


def rewrite(connection: Connection, shipments: Mapping[str, Shipment]) -> None:
    """Replace the stored shipments, by their id."""
    if shipments:
        rows = [{"of": UUID(known), "new": shipment.as_json()} for known, shipment in shipments.items()]
        connection.execute(_UPDATE, rows if len(rows) > 1 else rows[0])


def complete(connection: Connection, order: Order) -> None:
    """Write all shipments of the order; its key refuses one that another order has."""
    for row in _rows(order, order.life.shipments):
        known = {"of": row["id"], "of_order": order.id, "new": row["content"]}
        if connection.execute(_UPDATE_OF_ORDER, known).rowcount == 0:
            insert_all(connection, tables.shipments, [row])


def _rows(order: Order, shipments: Iterable[Shipment]) -> Sequence[Values]:
    return [{"id": UUID(known.id), "order_id": order.id, "content": known.as_json()} for known in shipments]
