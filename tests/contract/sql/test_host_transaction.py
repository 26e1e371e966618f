"""Unit of work in the transaction of its host: on a connection and on an ORM session, on PostgreSQL and SQLite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.threads import other_thread, require_waiting
from orders_domain import Order, OrderStatus
from orders_domain.errors import (
    OrderExists,
    OrderNotFound,
    RequestInProgress,
    StaleOrder,
    StoreContention,
    StoreUnavailable,
)
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.ports.outbox import OutboxState
from orders_domain.ports.unit_of_work import UnitOfWork
from tests.support.builders import EVERY_STATE, NOON, an_order, changed, placed

KEY = IdempotencyKey(subject="ada", scope="host", key="once", fingerprint="f")
Host = Connection | Session
on_postgresql_only = pytest.mark.parametrize("ours", ["postgresql"], indirect=True)


class Base(DeclarativeBase):
    pass


class Theirs(Base):
    """A row of the host."""

    __tablename__ = "their_rows"
    note: Mapped[str] = mapped_column(primary_key=True)


@pytest.fixture(params=["postgresql", "sqlite"])
def ours(request: pytest.FixtureRequest, connect: Callable[..., Engine]) -> Iterator[Engine]:
    """An engine of ours, for a database that has the host's table as well."""
    if request.param == "sqlite":
        engine: Engine = request.getfixturevalue("on_sqlite")
    else:
        engine = connect(request.getfixturevalue("copied_postgresql"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def theirs(ours: Engine) -> Iterator[Engine]:
    """The host's engine on the same database, with SQLAlchemy's defaults."""
    engine = create_engine(ours.url.set(query={}))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
    yield engine
    engine.dispose()


@contextmanager
def host_of(engine: Engine, kind: str) -> Iterator[Host]:
    with engine.connect() if kind == "connection" else Session(engine) as host:
        yield host


@pytest.fixture(params=["connection", "session"])
def host(request: pytest.FixtureRequest, theirs: Engine) -> Iterator[Host]:
    with host_of(theirs, request.param) as host:
        yield host


def insert(host: Host, note: str = "theirs") -> None:
    if isinstance(host, Session):
        host.add(Theirs(note=note))
    else:
        host.execute(sqlalchemy.insert(Theirs), {"note": note})


def add(uow: UnitOfWork, order: Order) -> Order:
    with uow:
        uow.orders.add(order)
        uow.commit()
    return order


def stored(engine: Engine) -> tuple[int, int, int]:
    """The numbers of the host's rows, of orders and of events that another transaction sees."""
    counts = "SELECT (SELECT count(*) FROM their_rows), (SELECT count(*) FROM orders), (SELECT count(*) FROM outbox)"
    with engine.connect() as connection:
        rows, orders, events = connection.execute(text(counts)).one()
    return rows, orders, events


@pytest.mark.parametrize("first", ["their row", "the order"])
def test_host_commit_stores_both(ours: Engine, host: Host, first: str) -> None:
    order = an_order()
    if first == "their row":
        insert(host)
    add(SqlUnitOfWork(host), order)
    if first == "the order":
        insert(host)
    if ours.dialect.name == "postgresql":  # a reader of SQLite waits for no writer either, but their engine has no WAL
        assert stored(ours) == (0, 0, 0)

    host.commit()

    assert stored(ours) == (1, 1, 1)
    assert SqlOrderQueries(ours).get(order.id) == order
    (message,) = SqlOutbox(ours).select(states=EVERY_STATE)
    assert (message.event.order_id, message.state) == (order.id, OutboxState.WAITING)


@pytest.mark.parametrize("first", ["their row", "the order"])
def test_host_rollback_discards_both(ours: Engine, host: Host, first: str) -> None:
    if first == "their row":
        insert(host)
    order = add(SqlUnitOfWork(host), an_order())
    if first == "the order":
        insert(host)

    host.rollback()

    assert stored(ours) == (0, 0, 0)
    with pytest.raises(OrderNotFound):
        SqlOrderQueries(ours).get(order.id)


def test_closed_host_discards_the_order(ours: Engine, theirs: Engine) -> None:
    for kind in ("connection", "session"):
        with host_of(theirs, kind) as host:
            add(SqlUnitOfWork(host), an_order())

    assert stored(ours) == (0, 0, 0)


def test_error_leaves_the_host_usable(ours: Engine, host: Host) -> None:
    present, rejected, another = placed(ours), an_order(), an_order()
    insert(host)
    uow = SqlUnitOfWork(host)

    with pytest.raises(OrderExists), uow:  # noqa: PT012
        uow.orders.add(rejected)
        uow.orders.add(an_order(present.id))
    insert(host, "after the error")
    add(uow, another)
    host.commit()

    assert stored(ours) == (2, 2, 2)
    assert SqlOrderQueries(ours).get(another.id) == another
    with pytest.raises(OrderNotFound):
        SqlOrderQueries(ours).get(rejected.id)


def test_database_error_leaves_the_host_usable(ours: Engine, host: Host) -> None:
    insert(host)

    with pytest.raises(Exception, match="store"), SqlUnitOfWork(host) as uow:
        uow.idempotency_keys.store(replace(KEY, fingerprint=None), an_order())  # type: ignore[arg-type]
    host.commit()

    assert stored(ours) == (1, 0, 0)


def test_missing_commit_undoes_ours_only(ours: Engine, host: Host) -> None:
    insert(host)

    with SqlUnitOfWork(host) as uow:
        uow.orders.add(an_order())
    host.commit()

    assert stored(ours) == (1, 0, 0)


def test_duplicate_request_leaves_the_host_usable(ours: Engine, host: Host) -> None:
    def once() -> Order:
        order = an_order()
        with SqlUnitOfWork(host) as uow:
            uow.idempotency_keys.acquire(KEY, at=NOON)
            uow.orders.add(order)
            uow.idempotency_keys.store(KEY, order)
            uow.commit()
        return order

    order = once()
    with pytest.raises(DuplicateRequest) as again:
        once()
    host.commit()

    assert again.value.order.id == order.id
    assert stored(ours) == (0, 1, 1)


def test_contention_is_not_retried_in_the_host(host: Host) -> None:
    attempts = []

    @retry_on_contention
    def conflict(*, uow: UnitOfWork) -> None:
        with uow:
            attempts.append(uow)
            raise StaleOrder(an_order().id)

    with pytest.raises(StaleOrder):
        conflict(uow=SqlUnitOfWork(host))

    assert len(attempts) == 1


@on_postgresql_only  # SQLite has one writer, so that nothing can deadlock
def test_deadlock_with_the_host_reaches_the_host(ours: Engine, theirs: Engine) -> None:
    """The retry of the use case alone would wait for locks that the host's transaction holds itself."""
    ada, bob = placed(ours), placed(ours)
    with theirs.connect() as host, ours.connect() as rival:
        host.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        rival.execute(text("SET LOCAL deadlock_timeout = '10s'"))
        insert(host)
        lock(host, ada)
        lock(rival, bob)
        with rival_waiting(rival, ada):
            with pytest.raises(StoreContention), SqlUnitOfWork(host) as uow:
                uow.orders.get_for_update(bob.id)
            assert host.scalar(text("SELECT count(*) FROM their_rows")) == 1
            host.rollback()


def lock(connection: Connection, order: Order) -> None:
    connection.execute(text("SELECT 1 FROM orders WHERE id = :id FOR UPDATE"), {"id": order.id})


@contextmanager
def rival_waiting(rival: Connection, order: Order) -> Iterator[None]:
    with other_thread() as thread:
        waiting = require_waiting(thread.submit(lock, rival, order))
        yield
        waiting.result(10)


@pytest.mark.parametrize("host", ["session"], indirect=True)  # a connection has no rows that it has not sent
def test_error_of_their_row_is_their_error(host: Session) -> None:
    host.execute(sqlalchemy.insert(Theirs), {"note": "theirs"})
    host.add(Theirs(note="theirs"))

    with pytest.raises(IntegrityError), SqlUnitOfWork(host):
        pass


@on_postgresql_only  # SQLite's writers are serialized by a lock
def test_host_in_serializable_isolation_sees_contention(ours: Engine, theirs: Engine) -> None:
    order = placed(ours)
    with theirs.connect().execution_options(isolation_level="REPEATABLE READ") as host:
        insert(host)
        changed(ours, order.id, OrderStatus.CONFIRMED)

        with pytest.raises(StoreContention), SqlUnitOfWork(host) as uow:
            uow.orders.get_for_update(order.id)
        host.commit()

    assert stored(ours)[0] == 1


@on_postgresql_only  # a transaction is begun on SQLite in each mode
def test_host_in_autocommit_mode_is_rejected(ours: Engine, theirs: Engine) -> None:
    autocommit = theirs.execution_options(isolation_level="AUTOCOMMIT")

    with autocommit.connect() as host, pytest.raises(RuntimeError, match="autocommit"), SqlUnitOfWork(host):
        pass


def test_host_without_foreign_keys_is_rejected(on_sqlite: Engine) -> None:
    plain = create_engine(on_sqlite.url)

    with plain.connect() as host, pytest.raises(RuntimeError, match="foreign_keys"), SqlUnitOfWork(host):
        pass

    plain.dispose()


def test_wakeup_callback_is_rejected_in_the_host(host: Host) -> None:
    with pytest.raises(ValueError, match="on_commit"):
        SqlUnitOfWork(host, on_commit=print)


@on_postgresql_only  # a file does not hang up
def test_lost_connection_is_unavailable(ours: Engine, theirs: Engine) -> None:
    with theirs.connect() as host:
        pid = host.scalar(text("SELECT pg_backend_pid()"))
        with pytest.raises(StoreUnavailable), SqlUnitOfWork(host) as uow:  # noqa: PT012
            with ours.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 1000)"), {"pid": pid})
            uow.orders.add(an_order())
        host.invalidate()

    assert stored(ours) == (0, 0, 0)


@on_postgresql_only  # SQLite has no key locks
def test_key_lock_lasts_until_the_host_ends(ours: Engine, theirs: Engine) -> None:
    with theirs.connect() as host:
        with SqlUnitOfWork(host) as uow:
            uow.idempotency_keys.acquire(KEY, at=NOON)
            uow.commit()
        with SqlUnitOfWork(ours) as other, pytest.raises(RequestInProgress):
            other.idempotency_keys.acquire(KEY, at=NOON)
        host.rollback()
    with SqlUnitOfWork(ours) as other:
        other.idempotency_keys.acquire(KEY, at=NOON)
