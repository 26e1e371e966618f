"""Stock holds in the database: the repository of one transaction, and queries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.stock import add_units, lock_products, take_units
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.errors import IdempotencyKeyReused
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import RETENTION, IdempotencyKey
from orders_domain.model.life.open_orders import StockHoldBacklog
from orders_domain.model.life.stock_hold import DuplicateStockHold, StockHold, StockHoldNotFound, StockHoldPage
from orders_domain.model.product import ProductId
from orders_domain.model.product_audit import MovementKind
from orders_domain.ports.life.stock_holds import StockHoldQueries, StockHoldRepository

_holds = tables.stock_holds.c
_lines = tables.stock_hold_lines.c
_OPEN = _holds.ended_at.is_(None)
# Only the idempotency key can conflict, because the id of a hold is always new.
_ADD: dict[str, Any] = {
    "postgresql": postgresql.insert(tables.stock_holds).on_conflict_do_nothing().returning(_holds.id),
    "sqlite": sqlite.insert(tables.stock_holds).on_conflict_do_nothing().returning(_holds.id),
}
_KEYED = tuple(
    column == bindparam(f"of_{column.name}") for column in (_holds.key_subject, _holds.key_scope, _holds.key)
)
_FORGET_KEY = (
    update(tables.stock_holds)
    .where(*_KEYED, _holds.created_at <= bindparam("expired", type_=UtcDateTime))
    .values(key_subject=None, key_scope=None, key=None, fingerprint=None)
)
_BY_KEY = select(tables.stock_holds).where(*_KEYED)
_COUNT = select(func.count()).select_from(tables.stock_holds).where(_holds.user_id == bindparam("user"), _OPEN)
_BY_ID = select(tables.stock_holds).where(_holds.id == bindparam("of"), _OPEN)
_LOCK = _BY_ID.with_for_update(key_share=True)
_LOCK_BY_USER = (
    select(tables.stock_holds)
    .where(
        _holds.user_id == bindparam("user"),
        _OPEN,
        _holds.id.in_(
            select(_lines.hold_id).where(_lines.product_id.in_(bindparam("products", expanding=True))).scalar_subquery()
        ),
    )
    .order_by(_holds.expires_at, _holds.id)
    .with_for_update(key_share=True)
)
_END = (
    update(tables.stock_holds)
    .where(_holds.id.in_(bindparam("ids", expanding=True)), _OPEN)
    .values(ended_at=bindparam("at", type_=UtcDateTime))
)
_RETURN = (  # a constraint of the table refuses more than was taken
    update(tables.stock_hold_lines)
    .where(_lines.hold_id.in_(bindparam("ids", expanding=True)))
    .values(returned=_lines.returned + _lines.quantity)
)
_DUE = (
    select(_holds.id)
    .where(_OPEN, _holds.expires_at <= bindparam("before", type_=UtcDateTime))
    .order_by(_holds.expires_at, _holds.id)
    .limit(bindparam("limit"))
)
_FIRST = (
    select(_holds.created_at, _holds.expires_at)
    .where(_OPEN)
    .order_by(_holds.expires_at, _holds.id)
    .limit(bindparam("limit"))
    .subquery()
)
_BACKLOG = select(
    func.count().label("open"),
    func.min(_FIRST.c.created_at).label("oldest"),
    func.min(_FIRST.c.expires_at).label("earliest_expiry"),
)
_PAGE = select(tables.stock_holds).where(_OPEN).order_by(_holds.id.desc()).limit(bindparam("limit"))
_LINES = (
    select(tables.stock_hold_lines)
    .where(_lines.hold_id.in_(bindparam("ids", expanding=True)))
    .order_by(_lines.product_id)
)


class SqlStockHoldRepository(StockHoldRepository):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, hold: StockHold, *, idempotency_key: IdempotencyKey | None = None, by: Actor) -> None:
        with translate_errors():
            if idempotency_key:
                expired = hold.created_at - RETENTION
                self._connection.execute(_FORGET_KEY, _lookup(idempotency_key) | {"expired": expired})
            added = self._connection.scalar(
                _ADD[self._connection.dialect.name], _values(hold) | _key_values(idempotency_key)
            )
            if idempotency_key and added is None:
                self._raise_duplicate(idempotency_key)
            values = {"hold_id": hold.id, "actor": by.subject, "at": hold.created_at, "version": 1}
            take_units(self._connection, hold.quantities, kind=MovementKind.HELD, values=values)
            self._connection.execute(
                insert(tables.stock_hold_lines).inline(),
                [
                    {"hold_id": hold.id, "product_id": product_id, "quantity": units}
                    for product_id, units in hold.quantities.items()
                ],
            )

    def count(self, user_id: str) -> int:
        with translate_errors():
            return self._connection.scalar(_COUNT, {"user": user_id}) or 0

    def get_for_update(self, hold_id: UUID) -> StockHold:
        with translate_errors():
            holds = _read(self._connection, _LOCK, {"of": hold_id})
        if not holds:
            raise StockHoldNotFound
        return holds[0]

    def get_by_user_for_update(self, user_id: str, product_ids: Collection[ProductId]) -> Sequence[StockHold]:
        with translate_errors():
            return _read(self._connection, _LOCK_BY_USER, {"user": user_id, "products": list(product_ids)})

    def end(
        self, holds: Sequence[StockHold], *, product_ids: Collection[ProductId] = (), by: Actor, at: datetime
    ) -> None:
        ids = [hold.id for hold in holds]
        units = [(hold.id, product_id, count) for hold in holds for product_id, count in hold.quantities.items()]
        with translate_errors():
            lock_products(self._connection, {*product_ids, *(product_id for _, product_id, _ in units)})
            if self._connection.execute(_END, {"ids": ids, "at": at}).rowcount != len(ids):
                raise StockHoldNotFound
            self._connection.execute(_RETURN, {"ids": ids})
            common = {"kind": MovementKind.HOLD_ENDED, "actor": by.subject, "at": at}
            self._connection.execute(
                insert(tables.stock_movements).inline(),
                [
                    common | {"hold_id": hold_id, "product_id": product_id, "quantity": count}
                    for hold_id, product_id, count in units
                ],
            )
            add_units(self._connection, [(product_id, count) for _, product_id, count in units])

    def _raise_duplicate(self, key: IdempotencyKey) -> None:
        row = self._connection.execute(_BY_KEY, _lookup(key)).one()
        if row.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        (hold,) = _read(self._connection, _BY_KEY, _lookup(key))
        raise DuplicateStockHold(hold)


class SqlStockHoldQueries(StockHoldQueries):
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def get(self, hold_id: UUID) -> StockHold:
        with translate_errors(), self._engine.connect() as connection:
            holds = _read(connection, _BY_ID, {"of": hold_id})
        if not holds:
            raise StockHoldNotFound
        return holds[0]

    def search(self, user_id: str | None, *, limit: int, before: UUID | None = None) -> StockHoldPage:
        statement = _PAGE
        if user_id is not None:
            statement = statement.where(_holds.user_id == user_id)
        if before is not None:
            statement = statement.where(_holds.id < before)
        with translate_errors(), self._engine.connect() as connection:
            holds = _read(connection, statement, {"limit": limit + 1})
        return StockHoldPage.from_rows(holds, limit)

    def backlog(self, *, limit: int) -> StockHoldBacklog:
        with translate_errors(), self._engine.connect() as connection:
            return StockHoldBacklog(**connection.execute(_BACKLOG, {"limit": limit}).mappings().one())

    def due(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        with translate_errors(), self._engine.connect() as connection:
            return connection.scalars(_DUE, {"before": before, "limit": limit}).all()


def _read(connection: Connection, statement: Any, values: Mapping[str, Any]) -> list[StockHold]:
    rows = connection.execute(statement, values).all()
    quantities: dict[UUID, dict[ProductId, int]] = {row.id: {} for row in rows}
    for line in connection.execute(_LINES, {"ids": list(quantities)}) if rows else ():
        quantities[line.hold_id][line.product_id] = line.quantity
    return [
        StockHold(
            id=row.id,
            user_id=row.user_id,
            quantities=quantities[row.id],
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def _values(hold: StockHold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "user_id": hold.user_id,
        "created_at": hold.created_at,
        "expires_at": hold.expires_at,
    }


def _key_values(key: IdempotencyKey | None) -> dict[str, Any]:
    if key is None:
        return {}
    return {"key_subject": key.subject, "key_scope": key.scope, "key": key.key, "fingerprint": key.fingerprint}


def _lookup(key: IdempotencyKey) -> dict[str, Any]:
    return {"of_key_subject": key.subject, "of_key_scope": key.scope, "of_key": key.key}
