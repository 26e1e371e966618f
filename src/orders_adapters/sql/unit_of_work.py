"""Unit of work: one transaction of the database."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.idempotency_keys import SqlIdempotencyKeys
from orders_adapters.sql.inbox import SqlInbox
from orders_adapters.sql.mappers import event_values, insert_all
from orders_adapters.sql.orders import SqlOrderRepository
from orders_adapters.sql.products import SqlProductRepository
from orders_adapters.sql.reservations import SqlReservationRepository
from orders_adapters.sql.stock import SqlStock
from orders_domain.model.events import Event
from orders_domain.ports.unit_of_work import UnitOfWork


def _no_op() -> None:
    pass


class SqlUnitOfWork(UnitOfWork):
    """``on_commit`` is called after each commit to wake the relay of this process. It must not block or raise."""

    def __init__(self, engine: Engine, *, on_commit: Callable[[], None] = _no_op) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._connection: Connection | None = None
        self._published: list[Event] = []  # inserted into the outbox at commit, in one statement

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
        return SqlIdempotencyKeys(self._open)

    @property
    def inbox(self) -> SqlInbox:
        return SqlInbox(self._open)

    @property
    def reservations(self) -> SqlReservationRepository:
        return SqlReservationRepository(self._open)

    def publish(self, events: Sequence[Event]) -> None:
        self.orders.publish(events)

    def __enter__(self) -> Self:
        if self._connection is not None:
            raise RuntimeError("The unit of work is open already.")
        with translate_errors():
            self._connection = self._engine.connect()
            try:
                self._connection.begin()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def commit(self) -> None:
        with translate_errors():
            insert_all(self._open, tables.outbox, [event_values(event) for event in self._published])
            self._open.commit()
        self._leave()
        self._on_commit()

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("The unit of work is not open, or was committed.")
        return self._connection

    def _leave(self) -> None:
        """Roll back what was not committed, and release the connection. If that fails, discard the connection."""
        connection, self._connection, self._published = self._connection, None, []
        if connection is None:
            return
        try:
            connection.close()
        except SQLAlchemyError:
            # The error is suppressed, because the server rolls back the transaction of a lost connection.
            with suppress(SQLAlchemyError):
                connection.invalidate()
            with suppress(SQLAlchemyError):
                connection.close()
