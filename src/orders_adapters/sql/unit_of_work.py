"""Unit of work: one transaction of the database, or a part of its host's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sqlalchemy import Connection, Engine

from orders_adapters.sql import tables
from orders_adapters.sql.engine.transactions import HostTransaction, OwnTransaction, Transaction
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.idempotency_keys import SqlIdempotencyKeys
from orders_adapters.sql.inbox import SqlInbox
from orders_adapters.sql.jobs import SqlJobProgress
from orders_adapters.sql.life.stock_holds import SqlStockHoldRepository
from orders_adapters.sql.mappers import event_values, insert_all
from orders_adapters.sql.orders import SqlOrderRepository
from orders_adapters.sql.products import SqlProductRepository
from orders_adapters.sql.reservations import SqlReservationRepository
from orders_adapters.sql.stock import SqlStock
from orders_domain.model.events import Event
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.outbox import OutboxState
from orders_domain.ports.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _no_op() -> None:
    pass


class SqlUnitOfWork(UnitOfWork):
    """Unit of work on an engine, or on the connection or session of a host.

    On a host's connection everything belongs to the host's transaction, which only the host commits or rolls back.
    ``commit`` then means that the work is complete: its rows and its events become visible, and PostgreSQL notifies the
    relay, when the host commits. An error undoes the work of this unit of work only.

    Args:
        database: an engine; or a ``Connection`` or a ``Session`` that is used by one thread.
        on_commit: called after each commit to wake the relay of this process. It must not block or raise.
        schema: the schema of the tables, if the search_path of the host's connection does not have it.

    Raises:
        ValueError: ``on_commit`` on a host's connection, or ``schema`` on an engine, which has its own.
    """

    _delivery: ClassVar[Mapping[str, Any]] = {}
    """The columns of the events in the outbox that are not those of new events."""

    def __init__(
        self,
        database: Engine | Connection | Session,
        *,
        on_commit: Callable[[], None] = _no_op,
        schema: str = "",
    ) -> None:
        self.in_host_transaction = not isinstance(database, Engine)
        if self.in_host_transaction and on_commit is not _no_op:
            raise ValueError("on_commit must not be given with a host's connection, because its host commits.")
        if schema and not self.in_host_transaction:
            raise ValueError("The schema must be given to the engine.")
        self._database = database
        self._schema = schema
        self._on_commit = on_commit
        self._transaction: Transaction | None = None
        self._published: list[Event] = []  # inserted into the outbox at commit, or with a key

    @property
    def orders(self) -> SqlOrderRepository:
        return SqlOrderRepository(self._open, published=self._published)

    @property
    def products(self) -> SqlProductRepository:
        return SqlProductRepository(self._open)

    @property
    def stock(self) -> SqlStock:
        return SqlStock(self._open)

    @property
    def idempotency_keys(self) -> SqlIdempotencyKeys:
        return SqlIdempotencyKeys(self._open, published=self._published, delivery=self._delivery)

    @property
    def inbox(self) -> SqlInbox:
        return SqlInbox(self._open)

    @property
    def reservations(self) -> SqlReservationRepository:
        return SqlReservationRepository(self._open)

    @property
    def stock_holds(self) -> SqlStockHoldRepository:
        return SqlStockHoldRepository(self._open)

    @property
    def jobs(self) -> SqlJobProgress:
        return SqlJobProgress(self._open)

    def get_order_with_key(
        self, ref: OrderRef, key: IdempotencyKey, *, at: datetime, with_shipments: bool = True
    ) -> Order:
        if self._open.dialect.name == "postgresql":
            return self.orders.get_with_key_for_update(ref, key, at=at, with_shipments=with_shipments)
        return super().get_order_with_key(ref, key, at=at, with_shipments=with_shipments)

    def publish(self, events: Sequence[Event]) -> None:
        self.orders.publish(events)

    def __enter__(self) -> Self:
        if self._transaction is not None:
            raise RuntimeError("The unit of work is open already.")
        self._transaction = self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def commit(self) -> None:
        with translate_errors():
            rows = [{**event_values(event), **self._delivery} for event in self._published]
            insert_all(self._open, tables.outbox, rows)
            self._require_open().commit()
        self._leave()
        self._on_commit()

    @property
    def _open(self) -> Connection:
        return self._require_open().connection

    def _require_open(self) -> Transaction:
        if self._transaction is None:
            raise RuntimeError("The unit of work is not open, or was committed.")
        return self._transaction

    def _begin(self) -> Transaction:
        if isinstance(self._database, Engine):
            with translate_errors():
                return OwnTransaction(self._database)
        return HostTransaction(self._database, schema=self._schema)

    def _leave(self) -> None:
        transaction, self._transaction, self._published = self._transaction, None, []
        if transaction is not None:
            transaction.close()


class SqlUnpublishedUnitOfWork(SqlUnitOfWork):
    """A unit of work whose events are sent already, for orders of the past, so that nobody gets them as new."""

    _delivery: ClassVar[Mapping[str, Any]] = {"state": OutboxState.SENT, "notifies": False}
