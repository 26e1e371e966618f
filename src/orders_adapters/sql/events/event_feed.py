"""Event feed from the history of orders, in the order of the ids of transactions on PostgreSQL (decision 0058)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, bindparam, func, literal_column, select, tuple_

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import to_entry
from orders_adapters.sql.tables.column_types import is_valid_id
from orders_domain.model.feed.cursor import START, FeedCursor
from orders_domain.model.feed.page import FeedFilter, FeedPage, feed_entries
from orders_domain.model.history import HistoryEntry
from orders_domain.ports.events.event_feed import EventFeed

WINDOW = 1_000
"""The entries that one statement examines for a filter."""
MAX_EXAMINED = 20_000
"""The entries that a page examines: a rare type costs many short pages, and none that takes too long."""

_history = tables.order_history.c
_PLACE = (_history.position, _history.order_id, _history.version)
_AFTER = tuple_(
    *(bindparam(name, type_=column.type) for name, column in zip(("position", "order", "version"), _PLACE, strict=True))
)
# Every transaction that is open, and every later one, has at least this id. SQLite's writers are serialized.
_HORIZON: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_KEYS = select(*_PLACE, _history.kind, _history.at).where(tuple_(*_PLACE) > _AFTER).limit(bindparam("limit"))
_ID = bindparam("ref", type_=_history.order_id.type)
_ID_OF_NUMBER = select(tables.orders.c.id).where(tables.orders.c.number == bindparam("ref")).scalar_subquery()


def _by_dialect(keys: Select[Any]) -> dict[str, Select[Any]]:
    return {"postgresql": keys.where(_history.position < _HORIZON), "sqlite": keys}


_ALL = _by_dialect(_KEYS.order_by(*_PLACE))
# The entries of one order are in the order of their versions, which the primary key has.
_BY_ID = _by_dialect(_KEYS.where(_history.order_id == _ID).order_by(_history.version))
_BY_NUMBER = _by_dialect(_KEYS.where(_history.order_id == _ID_OF_NUMBER).order_by(_history.version))
_HISTORIES = (
    select(*tables.ENTRY_COLUMNS)
    .where(_history.order_id.in_(bindparam("orders", expanding=True)), _history.version <= bindparam("version"))
    .order_by(_history.order_id, _history.version)
)
# The last event, not the horizon: a promoted replica gives the ids again that its primary gave without a commit.
_LAST = _by_dialect(select(*_PLACE).order_by(*(column.desc() for column in _PLACE)).limit(1))


_HAS_FOREIGN_POSITIONS = select(
    func.max(_history.position) >= literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
)


class SqlEventFeed(EventFeed):
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def read(self, feed_filter: FeedFilter) -> FeedPage:
        if feed_filter.order is not None and not is_valid_id(feed_filter.order):
            return FeedPage(entries=[], end=feed_filter.after, is_last=True)
        with translate_errors(), self._engine.connect() as connection:
            places, end, is_last = _places(connection, feed_filter)
            histories = _histories(connection, places)
        return FeedPage(entries=feed_entries(places, histories), end=end, is_last=is_last)

    def end(self) -> FeedCursor:
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(_LAST[connection.dialect.name]).first()
        return START if row is None else FeedCursor(row.position, row.order_id, row.version)


def has_foreign_positions(engine: Engine) -> bool:
    """Return whether events have ids of transactions of another server, which hide them until it is restored."""
    if engines.is_sqlite(engine):
        return False
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        return bool(connection.scalar(_HAS_FOREIGN_POSITIONS))


def _places(connection: Connection, feed_filter: FeedFilter) -> tuple[list[FeedCursor], FeedCursor, bool]:
    """Return the places of the selected events, the end of what was examined, and whether nothing is behind it."""
    is_filtered = any(given is not None for given in (feed_filter.types, feed_filter.since, feed_filter.before))
    size = WINDOW if is_filtered else feed_filter.limit
    places: list[FeedCursor] = []
    end = feed_filter.after
    for _ in range(0, MAX_EXAMINED, size):
        rows = _window(connection, feed_filter, after=end, size=size)
        for row in rows:
            end = FeedCursor(row.position, row.order_id, row.version)
            if feed_filter.matches(row.kind, row.at):
                places.append(end)
                if len(places) == feed_filter.limit:
                    return places, end, False
        if len(rows) < size:
            return places, end, True
    return places, end, False


def _window(connection: Connection, feed_filter: FeedFilter, *, after: FeedCursor, size: int) -> Sequence[Row[Any]]:
    values = {"position": after.position, "order": after.order_id, "version": after.version, "limit": size}
    statements = _ALL
    if feed_filter.order is not None:
        statements = _BY_ID if isinstance(feed_filter.order, UUID) else _BY_NUMBER
        values["ref"] = feed_filter.order
    return connection.execute(statements[connection.dialect.name], values).all()


def _histories(connection: Connection, places: Sequence[FeedCursor]) -> Mapping[UUID, Sequence[HistoryEntry]]:
    """Return the histories of the orders, each at least to its last place."""
    histories: dict[UUID, list[HistoryEntry]] = defaultdict(list)
    if places:
        orders = list({place.order_id for place in places})
        values = {"orders": orders, "version": max(place.version for place in places)}
        for row in connection.execute(_HISTORIES, values).mappings():
            histories[row["order_id"]].append(to_entry(dict(row)))
    return histories
