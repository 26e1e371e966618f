"""Personal data store: one short transaction for each batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, select, tuple_

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import to_order
from orders_adapters.sql.mapping import shipments
from orders_adapters.sql.personal_data import accounts, orders, records
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.model.order import Order
from orders_domain.model.personal.erasure import Erase
from orders_domain.model.personal.subject import DataSubject
from orders_domain.ports.accounts.personal_data import PersonalDataStore, PersonalRecord

PAGE = 100
"""Orders that one statement reads."""
WINDOW = 5_000
"""Orders of no user that one statement examines, because no index has the addresses of their contacts."""

_orders = tables.orders.c
_Read = TypeVar("_Read")
_KEY = (_orders.created_at, _orders.id)
_AFTER = tuple_(*_KEY) > tuple_(bindparam("at", type_=UtcDateTime), bindparam("after", type_=_orders.id.type))
_OF_USER = select(*shipments.COLUMNS).where(_orders.user_id == bindparam("user_id")).order_by(*_KEY).limit(PAGE)
_GUESTS = (
    select(*_KEY, _orders.contact["email"].as_string().label("email"))
    .where(_orders.user_id.is_(None))
    .order_by(*_KEY)
    .limit(WINDOW)
)
_BY_IDS = select(*shipments.COLUMNS).where(_orders.id.in_(bindparam("ids", expanding=True))).order_by(*_KEY)


def _no_op() -> None:
    """Wake no relay."""


class SqlPersonalDataStore(PersonalDataStore):
    """On SQLite erased content is overwritten with zeros, and the write-ahead log is emptied at the end.

    On PostgreSQL old row versions remain in its files until VACUUM, and in backups and archived logs.
    """

    def __init__(self, engine: Engine, *, on_commit: Callable[[], None] = _no_op) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)
        self._on_commit = on_commit

    def orders_of(self, subject: DataSubject) -> Iterator[Order]:
        for user_id in sorted(subject.user_ids):
            page: Sequence[Order] = ()
            while page := self._page(user_id, page[-1] if page else None):
                yield from page
        if subject.emails:
            yield from self._guest_orders(subject)

    def records_of(self, subject: DataSubject) -> Iterator[PersonalRecord]:
        for kind in records.KINDS:
            skip = 0
            while page := self._read(lambda connection: records.page(connection, kind, subject, skip=skip)):  # noqa: B023
                yield from page
                skip += len(page)

    def erase_orders(self, order_ids: Sequence[UUID], *, erase: Erase) -> Mapping[UUID, int]:
        with translate_errors(), self._engine.begin() as connection:
            _overwrite_deleted(connection)
            orders.exclude_webhooks(connection)
            versions = {order_id: orders.erase(connection, order_id, erase) for order_id in sorted(order_ids)}
            orders.delete_exports(connection)
        self._on_commit()
        with translate_errors(), self._engine.begin() as connection:
            orders.delete_exports(connection)  # one that began, and read an order, between that deletion and the commit
        return {order_id: version for order_id, version in versions.items() if version is not None}

    def erase_records(self, subject: DataSubject, *, limit: int = 500) -> Mapping[str, int]:
        with translate_errors(), self._engine.begin() as connection:
            _overwrite_deleted(connection)
            counts = {kind: records.erase(connection, kind, subject, limit=limit) for kind in records.KINDS}
        return {kind: count for kind, count in counts.items() if count}

    def erase_account(self, subject: DataSubject) -> bool:
        with translate_errors():
            with self._engine.begin() as connection:
                _overwrite_deleted(connection)
                had_account = accounts.erase(connection, subject)
            accounts.delete_users(self._engine, subject)
            if engines.is_sqlite(self._engine):
                with self._autocommit.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return had_account

    def _page(self, user_id: str, after: Order | None) -> list[Order]:
        values: dict[str, Any] = {"user_id": user_id}
        statement = _OF_USER
        if after is not None:
            statement = statement.where(_AFTER)
            values |= {"at": after.created_at, "after": after.id}
        return self._read(lambda connection: [to_order(row) for row in connection.execute(statement, values)])

    def _guest_orders(self, subject: DataSubject) -> Iterator[Order]:
        statement, values = _GUESTS, dict[str, Any]()
        while rows := self._read(lambda connection: connection.execute(statement, values).all()):  # noqa: B023
            ids = [row.id for row in rows if subject.is_email(row.email)]
            for start in range(0, len(ids), PAGE):
                yield from self._by_ids(ids[start : start + PAGE])
            statement, values = _GUESTS.where(_AFTER), {"at": rows[-1].created_at, "after": rows[-1].id}

    def _by_ids(self, ids: Sequence[UUID]) -> list[Order]:
        return self._read(lambda connection: [to_order(row) for row in connection.execute(_BY_IDS, {"ids": ids})])

    def _read(self, read: Callable[[Connection], _Read]) -> _Read:
        with translate_errors(), self._autocommit.connect() as connection:
            return read(connection)


def _overwrite_deleted(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
