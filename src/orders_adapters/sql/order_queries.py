"""Read-only queries of orders, one statement per query. The engine may be that of a replica."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Row, Select, bindparam, func, select, tuple_, union_all

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import to_entry, to_order
from orders_adapters.sql.mapping import shipments
from orders_adapters.sql.search.order_search import matching_rows
from orders_adapters.sql.tables.column_types import UtcDateTime, is_valid_id
from orders_domain.errors import OrderNotFound
from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.open_orders import OPEN_STATUSES, OpenOrders, RefundBacklog
from orders_domain.model.order import Order
from orders_domain.model.order_filter import BATCH_SIZE, Cursor, OrderFilter, Page, Sort, SummaryPage
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.search.order_summary import ADDRESS_PARTS, OrderSummary
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.user_totals import UserTotals
from orders_domain.ports.order_queries import OrderQueries

_orders = tables.orders.c
_history = tables.order_history.c

_NOT_DELETED = select(*shipments.COLUMNS).where(_orders.deleted_at.is_(None))
_BY_ID = _NOT_DELETED.where(_orders.id == bindparam("ref", type_=_orders.id.type))
_BY_NUMBER = _NOT_DELETED.where(_orders.number == bindparam("ref", type_=_orders.number.type))
# The database counts the items, because reading them as JSON takes longer than all other columns of a summary.
_ITEM_COUNT = (
    func.json_array_length(_orders["items"])
    + func.coalesce(func.json_array_length(_orders.cart["items"]), 0)
    + func.json_array_length(_orders.lines)
)
_SUMMARY = select(
    *(_orders[name] for name in ("number", "id", "origin", "user_id", "status", "total_minor", "currency")),
    _ITEM_COUNT.label("item_count"),
    *(_orders[name] for name in ("created_at", "updated_at", "version")),
    *(_orders[tables.SHIPPING[part]] for part in ADDRESS_PARTS),
).where(_orders.deleted_at.is_(None))
_START = tuple_(bindparam("after_at", type_=UtcDateTime), bindparam("after_id", type_=_orders.id.type))


_Pages = Mapping[Sort, tuple[Select[Any], ColumnElement[bool]]]


def _sorted(statement: Select[Any], sort: Sort) -> tuple[Select[Any], ColumnElement[bool]]:
    """Return the statement of a page, and the condition of its start.

    The condition is a row comparison, because with it the index finds the start of the page directly.
    """
    page = statement.limit(bindparam("limit")).offset(bindparam("offset"))
    keys = (_orders[sort.field], _orders.id)
    if sort.is_descending:
        return page.order_by(*(key.desc() for key in keys)), tuple_(*keys) < _START
    return page.order_by(*keys), tuple_(*keys) > _START


_PAGES: _Pages = {sort: _sorted(_NOT_DELETED, sort) for sort in Sort}
_SUMMARY_PAGES: _Pages = {sort: _sorted(_SUMMARY, sort) for sort in Sort}
_HISTORY = select(*tables.ENTRY_COLUMNS).order_by(_history.version)
_ID_OF_NUMBER = select(_orders.id).where(_orders.number == bindparam("ref", type_=_orders.number.type))
_HISTORY_BY_ID = _HISTORY.where(_history.order_id == bindparam("ref", type_=_orders.id.type))
_HISTORY_BY_NUMBER = _HISTORY.where(_history.order_id == _ID_OF_NUMBER.scalar_subquery())

_EXPIRING = (
    select(_orders.id)
    .where(_orders.expires_at <= bindparam("before", type_=UtcDateTime))
    .where(_orders.deleted_at.is_(None), ~_orders.is_held)
    .where(_orders.payment_status != PaymentStatus.PAID, _orders.fulfillment_status == FulfillmentStatus.NONE)
    .order_by(_orders.expires_at, _orders.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_GROUPED = ("status", "payment_status", "fulfillment_status", "is_held")
# The index by status and time finds the first orders of each status.
_FIRST_OPEN = union_all(
    *(
        select(
            select(
                _orders.status, _orders.payment_status, _orders.fulfillment_status, _orders.is_held, _orders.updated_at
            )
            .where(_orders.status == status, _orders.deleted_at.is_(None))
            .order_by(_orders.created_at, _orders.id)
            .limit(bindparam("limit"))
            .subquery()
        )
        for status in OPEN_STATUSES
    )
).subquery()
_AXES = (
    _FIRST_OPEN.c.status,
    _FIRST_OPEN.c.payment_status.label("payment"),
    _FIRST_OPEN.c.fulfillment_status.label("fulfillment"),
    _FIRST_OPEN.c.is_held,
)
_OPEN_ORDERS = select(
    *_AXES, func.count().label("count"), func.min(_FIRST_OPEN.c.updated_at).label("oldest_change")
).group_by(*_AXES)
_REFUNDING = (
    select(_orders.updated_at)
    .where(_orders.refunding_minor > 0)
    .order_by(_orders.updated_at, _orders.id)
    .limit(bindparam("limit"))
    .subquery()
)
_REFUND_BACKLOG = select(func.count().label("orders"), func.min(_REFUNDING.c.updated_at).label("oldest_change"))
_PAYING = _orders.status != OrderStatus.CANCELED
_USER_TOTALS = select(
    func.count().label("orders"),
    func.count().filter(_PAYING).label("paying"),
    func.coalesce(func.sum(_orders.total_minor).filter(_PAYING), 0).label("minor"),
).where(
    _orders.user_id == bindparam("user_id"), _orders.currency == bindparam("currency"), _orders.deleted_at.is_(None)
)


class SqlOrderQueries(OrderQueries):
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def get(self, ref: OrderRef) -> Order:
        if not is_valid_id(ref):
            raise OrderNotFound(ref)
        statement = _BY_ID if isinstance(ref, UUID) else _BY_NUMBER
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(statement, {"ref": ref}).one_or_none()
        if row is None:
            raise OrderNotFound(ref)
        return to_order(row)

    def search(self, order_filter: OrderFilter) -> Page:
        return Page.from_rows(self._matching(order_filter), order_filter.limit, order_filter.sort)

    def summaries(self, order_filter: OrderFilter) -> SummaryPage:
        start, size = order_filter.cursor, order_filter.limit + 1
        rows = self._rows(_SUMMARY_PAGES, order_filter, cursor=start, offset=order_filter.offset, size=size)
        return SummaryPage.from_rows(list(map(OrderSummary._make, rows)), order_filter.limit, order_filter.sort)

    def _matching(self, order_filter: OrderFilter) -> Iterator[Order]:
        """Yield one order more than the limit, if there are so many, in batches of bounded size."""
        remaining, cursor, offset = order_filter.limit + 1, order_filter.cursor, order_filter.offset
        while remaining > 0:
            # A page of one batch takes one statement, with the row that shows whether there is a next page.
            size = remaining if remaining <= BATCH_SIZE + 1 else BATCH_SIZE
            rows = self._rows(_PAGES, order_filter, cursor=cursor, offset=offset, size=size)
            batch = [to_order(row) for row in rows]
            yield from batch
            if len(batch) < size:
                return
            remaining, offset = remaining - size, 0
            cursor = Cursor(*order_filter.sort.key(batch[-1]))

    def _rows(
        self, pages: _Pages, order_filter: OrderFilter, *, cursor: Cursor | None, offset: int, size: int
    ) -> Sequence[Row[Any]]:
        statement, after = pages[order_filter.sort]
        values: dict[str, object] = {"limit": size, "offset": offset}
        if cursor is not None:
            statement = statement.where(after)
            values |= {"after_at": cursor.created_at, "after_id": cursor.order_id}
        statement = statement.where(*conditions(order_filter))
        with translate_errors(), self._engine.connect() as connection:
            if order_filter.search is None:
                return connection.execute(statement, values).all()
            return matching_rows(connection, order_filter.search, statement, values, sort=order_filter.sort)

    def expiring(self, *, before: datetime, limit: int, offset: int = 0) -> Sequence[UUID]:
        with translate_errors(), self._engine.connect() as connection:
            return connection.scalars(_EXPIRING, {"before": before, "limit": limit, "offset": offset}).all()

    def open_orders(self, *, limit: int) -> Sequence[OpenOrders]:
        with translate_errors(), self._engine.connect() as connection:
            rows = connection.execute(_OPEN_ORDERS, {"limit": limit}).mappings()
            return [OpenOrders(**row) for row in rows]

    def refund_backlog(self, *, limit: int) -> RefundBacklog:
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(_REFUND_BACKLOG, {"limit": limit}).mappings().one()
            return RefundBacklog(**row)

    def history(self, ref: OrderRef) -> Sequence[HistoryEntry]:
        if not is_valid_id(ref):
            return []
        statement = _HISTORY_BY_ID if isinstance(ref, UUID) else _HISTORY_BY_NUMBER
        with translate_errors(), self._engine.connect() as connection:
            return [to_entry(dict(row)) for row in connection.execute(statement, {"ref": ref}).mappings()]

    def user_totals(self, user_id: str, *, currency: str) -> UserTotals:
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(_USER_TOTALS, {"user_id": user_id, "currency": currency}).one()
        return UserTotals(orders=row.orders, paying=row.paying, minor=int(row.minor), currency=currency)


def conditions(order_filter: OrderFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the filter, without that of its text. An index serves each of them."""
    clauses: list[ColumnElement[bool]] = []
    if order_filter.user_id is not None:
        clauses.append(_orders.user_id == order_filter.user_id)
    if order_filter.statuses is not None:
        clauses.append(_orders.status.in_(sorted(order_filter.statuses, key=lambda status: status.value)))
    if order_filter.placed_from is not None:
        clauses.append(_orders.created_at >= order_filter.placed_from)
    if order_filter.placed_before is not None:
        clauses.append(_orders.created_at < order_filter.placed_before)
    if order_filter.min_total is not None:
        clauses += [
            _orders.total_minor >= order_filter.min_total.minor,
            _orders.currency == order_filter.min_total.currency,
        ]
    if order_filter.max_total is not None:
        clauses += [
            _orders.total_minor <= order_filter.max_total.minor,
            _orders.currency == order_filter.max_total.currency,
        ]
    return clauses + _life_conditions(order_filter)


def _life_conditions(order_filter: OrderFilter) -> list[ColumnElement[bool]]:
    equal = {
        name: value
        for name in ("origin", "payment_status", "fulfillment_status", "is_held", "source", "reference", "currency")
        if (value := getattr(order_filter, name)) is not None
    }
    clauses: list[ColumnElement[bool]] = [_orders[name] == value for name, value in equal.items()]
    if order_filter.updated_since is not None:
        clauses.append(_orders.updated_at >= order_filter.updated_since)
    if order_filter.updated_before is not None:
        clauses.append(_orders.updated_at < order_filter.updated_before)
    if order_filter.tag is not None:
        tags = tables.order_tags.c
        clauses.append(_orders.id.in_(select(tags.order_id).where(tags.tag == order_filter.tag)))
    if order_filter.sku is not None:
        items, products = tables.order_items.c, tables.products.c
        product = select(products.id).where(products.sku == order_filter.sku).scalar_subquery()
        clauses.append(_orders.id.in_(select(items.order_id).where(items.product_id == product)))
    return clauses
