"""One transaction of the database."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.idempotency_keys import Keys
from orders_adapters.sql.inbox import Inbox
from orders_adapters.sql.mappers import event_values, insert_all
from orders_adapters.sql.orders import Orders
from orders_adapters.sql.products import Products
from orders_adapters.sql.reservations import Bookings
from orders_adapters.sql.stock import Stock
from orders_domain.model.events import Event


def _nobody() -> None:
    pass


class UnitOfWork:
    """``on_commit`` is called after each commit, and neither blocks nor fails: it wakes the relay of this process."""

    def __init__(self, engine: Engine, *, on_commit: Callable[[], None] = _nobody) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._connection: Connection | None = None
        self._told: list[Event] = []  # goes into the outbox with the commit, in one statement

    @property
    def orders(self) -> Orders:
        return Orders(self._open, told=self._told)

    @property
    def products(self) -> Products:
        return Products(self._open)

    @property
    def stock(self) -> Stock:
        return Stock(self._open)

    @property
    def keys(self) -> Keys:
        return Keys(self._open)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self._open)

    @property
    def bookings(self) -> Bookings:
        return Bookings(self._open)

    def tell(self, events: Sequence[Event]) -> None:
        self.orders.tell(events)

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
            insert_all(self._open, tables.outbox, [event_values(event) for event in self._told])
            self._open.commit()
        self._leave()
        self._on_commit()

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("The unit of work is not open, or was committed.")
        return self._connection

    def _leave(self) -> None:
        """Give the connection back, undoing what was not committed; one that cannot undo is thrown away."""
        connection, self._connection, self._told = self._connection, None, []
        if connection is None:
            return
        try:
            connection.close()
        except SQLAlchemyError:
            # The server undoes what a lost connection began; there is nothing to tell the caller.
            with suppress(SQLAlchemyError):
                connection.invalidate()
            with suppress(SQLAlchemyError):
                connection.close()
