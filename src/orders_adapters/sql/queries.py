"""Reading, one statement a question. The engine may be that of a replica."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Engine, bindparam, select, tuple_

from orders_adapters.sql import engine as engines
from orders_adapters.sql import tables
from orders_adapters.sql.errors import translated
from orders_adapters.sql.rows import entry_of, order_of
from orders_domain.errors import OrderNotFound
from orders_domain.history import Entry
from orders_domain.order import Order
from orders_domain.queries import OrdersOf, Page

_orders = tables.orders.c
_history = tables.order_history.c

_ORDER = select(tables.orders).where(_orders.id == bindparam("order_id"))
_FIRST_PAGE = (
    select(tables.orders)
    .where(_orders.user_id == bindparam("user_id"))
    .order_by(_orders.created_at.desc(), _orders.id.desc())
    .limit(bindparam("most"))
)
# One comparison of both columns: the index goes straight to where the page begins.
_NEXT_PAGE = _FIRST_PAGE.where(
    tuple_(_orders.created_at, _orders.id)
    < tuple_(bindparam("created_at", type_=tables.Moment), bindparam("id", type_=_orders.id.type))
)
_HISTORY = select(tables.order_history).where(_history.order_id == bindparam("order_id")).order_by(_history.version)


class Queries:
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.reading(engine)

    def order(self, order_id: UUID) -> Order:
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_ORDER, {"order_id": order_id}).one_or_none()
        if row is None:
            raise OrderNotFound(order_id)
        return order_of(row)

    def orders(self, wanted: OrdersOf) -> Page:
        values: dict[str, object] = {"user_id": wanted.user_id, "most": wanted.limit + 1}
        statement = _FIRST_PAGE
        if wanted.after is not None:
            statement = _NEXT_PAGE
            values |= {"created_at": wanted.after.created_at, "id": wanted.after.order_id}
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(statement, values).all()
        return Page.cut([order_of(row) for row in rows], wanted.limit)

    def history(self, order_id: UUID) -> Sequence[Entry]:
        with translated(), self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(_HISTORY, {"order_id": order_id})]
