"""Unavailable, frozen, restarted or unmigrated databases: StoreUnavailable within seconds, and no other error."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.orders import SqlOrderRepository
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain import OrderStatus
from orders_domain.errors import StoreUnavailable
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.status import TargetStatus
from orders_domain.ports.outbox import OutboxState
from tests.support.builders import ADA, LATER, NOON, an_order, changed, placed
from tests.support.servers.ephemeral import ThrowawayPostgres
from tests.support.servers.ephemeral.server import free_port
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.proxy import Proxy

FORK = """
import os, sys
from orders_adapters.sql.engine import engine
connections = engine.create(sys.argv[1])
def session():
    with connections.connect() as connection:
        return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
print(session(), flush=True)
if os.fork() == 0:
    print(session(), flush=True)
    os._exit(0)
os.wait()
print(session(), flush=True)
"""

METHODS: dict[str, Callable[[Engine], object]] = {
    "ping": engines.ping,
    "UnitOfWork": placed,
    "hold": lambda engine: changed(engine, uuid4(), OrderStatus.PAID),
    "Queries.order": lambda engine: SqlOrderQueries(engine).get(uuid4()),
    "Queries.orders": lambda engine: SqlOrderQueries(engine).search(OrderFilter(user_id="user_ada")),
    "Queries.history": lambda engine: SqlOrderQueries(engine).history(uuid4()),
    "Outbox.due_shards": lambda engine: SqlOutbox(engine).due_shards(NOON),
    "Outbox.claim": lambda engine: SqlOutbox(engine).claim(1, now=NOON, limit=9).__enter__(),
    "Outbox.select": lambda engine: SqlOutbox(engine).select(states=frozenset(OutboxState)),
    "Outbox.requeue": lambda engine: SqlOutbox(engine).requeue([uuid4()], now=NOON),
    "Outbox.prune": lambda engine: SqlOutbox(engine).prune(sent_before=LATER),
    "migrate.current": migrate.current,
    "migrate.pending": migrate.pending,
}


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> Callable[[Engine], object]:
    return METHODS[request.param]


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def unmigrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database without tables; no method creates one."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('unmigrated')}/orders.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    yield url
    server.drop(url)


def is_unavailable(call: Callable[[], object], *, within: float) -> None:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        call()
    assert time.monotonic() - began < within


@pytest.mark.parametrize("address", ["postgresql://127.0.0.1:{port}/orders", "sqlite:///{directory}/none/orders.db"])
def test_unreachable_database_is_unavailable(
    address: str, connect: Callable[..., Engine], method: Callable[[Engine], object], tmp_path: Path
) -> None:
    engine = connect(address.format(port=free_port(), directory=tmp_path))

    is_unavailable(lambda: method(engine), within=1)


def test_unmigrated_database_is_unavailable(
    unmigrated: str, connect: Callable[..., Engine], method: Callable[[Engine], object]
) -> None:
    engine = connect(unmigrated)
    if method in (engines.ping, migrate.current, migrate.pending):
        method(engine)  # these methods report the state of the schema
    else:
        with pytest.raises(StoreUnavailable, match="not been migrated; run: orders migrate"):
            method(engine)


def test_file_without_database_is_unavailable(connect: Callable[..., Engine], tmp_path: Path) -> None:
    (tmp_path / "orders.db").write_text("Dear diary, " * 1_000)

    is_unavailable(lambda: SqlOrderQueries(connect(f"sqlite:///{tmp_path}/orders.db")).get(uuid4()), within=1)


def test_connection_loss_in_transaction_is_unavailable(
    migrated_postgresql: str, connect: Callable[..., Engine]
) -> None:
    with Proxy.before(migrated_postgresql) as proxy:
        engine = connect(proxy.through(migrated_postgresql))
        held = placed(engine)
        held.change_status(TargetStatus(OrderStatus.PAID, frozenset()), by=ADA, at=NOON)
        last_words: list[Callable[[SqlUnitOfWork, SqlOrderRepository], object]] = [
            lambda uow, orders: orders.add(an_order()),
            lambda uow, orders: orders.get_for_update(held.id),
            lambda uow, orders: orders.save(held),
            lambda uow, orders: uow.commit(),
        ]
        for last_word in last_words:
            proxy.restore()
            with SqlUnitOfWork(engine) as uow:
                uow.orders.get_for_update(held.id)
                orders = uow.orders
                proxy.cut()
                is_unavailable(lambda: last_word(uow, orders), within=1)  # noqa: B023

        proxy.restore()
        assert SqlOrderQueries(engine).get(held.id).version == 1


def test_hanging_network_times_out(migrated_postgresql: str, connect: Callable[..., Engine]) -> None:
    with Proxy.before(migrated_postgresql) as proxy, ExitStack() as until:
        engine = connect(proxy.through(migrated_postgresql), statement_seconds=1)
        order = placed(engine)

        proxy.hang()
        is_unavailable(lambda: SqlOrderQueries(engine).get(order.id), within=4)  # on an existing connection
        is_unavailable(lambda: SqlOrderQueries(engine).get(order.id), within=4)  # on a new connection
        until.callback(proxy.restore)


def test_frozen_server_times_out_then_recovers(
    throwaway_postgres: ThrowawayPostgres, connect: Callable[..., Engine]
) -> None:
    migrate.upgrade(throwaway_postgres.url)
    engine = connect(throwaway_postgres.url, statement_seconds=1)
    order = placed(engine)

    throwaway_postgres.freeze()
    is_unavailable(lambda: changed(engine, order.id, OrderStatus.PAID), within=5)
    throwaway_postgres.thaw()

    changed(engine, order.id, OrderStatus.PAID)
    assert SqlOrderQueries(engine).get(order.id).version == 2


def test_server_restart_fails_no_request(throwaway_postgres: ThrowawayPostgres, connect: Callable[..., Engine]) -> None:
    migrate.upgrade(throwaway_postgres.url)
    engine = connect(throwaway_postgres.url)
    order = placed(engine)
    with SqlOutbox(engine).claim(1, now=NOON, limit=9), SqlUnitOfWork(engine) as uow:
        uow.orders.get_for_update(order.id)  # so that the pool has several connections to lose

    throwaway_postgres.kill()
    throwaway_postgres.start()

    for _ in range(5):
        assert SqlOrderQueries(engine).get(order.id) == order
        placed(engine)


def test_killed_server_recovers(throwaway_postgres: ThrowawayPostgres, connect: Callable[..., Engine]) -> None:
    migrate.upgrade(throwaway_postgres.url)
    engine = connect(throwaway_postgres.url)
    order = placed(engine)

    throwaway_postgres.kill()
    is_unavailable(lambda: SqlOrderQueries(engine).get(order.id), within=3)
    throwaway_postgres.start()

    assert SqlOrderQueries(engine).get(order.id) == order


def test_fork_leaves_parent_connections_open(on_postgresql: Engine) -> None:
    address = on_postgresql.url.render_as_string(hide_password=False)

    completed = subprocess.run([sys.executable, "-c", FORK, address], capture_output=True, text=True, timeout=60)

    before, in_child, after = completed.stdout.split()
    assert before == after != in_child, completed.stderr


def test_slow_statement_is_cancelled(migrated_postgresql: str, connect: Callable[..., Engine]) -> None:
    engine = connect(migrated_postgresql, statement_seconds=1)

    def sleep() -> None:
        with translate_errors(), engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(60)")

    is_unavailable(sleep, within=1.9)
    engines.ping(engine)


def test_exhausted_pool_is_unavailable(migrated_postgresql: str, connect: Callable[..., Engine]) -> None:
    engine = connect(migrated_postgresql, pool_size=1)

    with SqlUnitOfWork(engine):
        is_unavailable(lambda: engines.ping(engine), within=3)
    engines.ping(engine)


def test_sqlite_writer_times_out_on_lock(on_sqlite: Engine) -> None:
    with SqlUnitOfWork(on_sqlite):
        began = time.monotonic()
        is_unavailable(lambda: placed(on_sqlite), within=8)
        assert time.monotonic() - began > 4

    placed(on_sqlite)


def test_sqlite_readers_never_wait(on_sqlite: Engine) -> None:
    order = placed(on_sqlite)

    with SqlUnitOfWork(on_sqlite) as uow:
        uow.orders.add(an_order(at=NOON + timedelta(days=1)))
        page = SqlOrderQueries(on_sqlite).search(OrderFilter(user_id="user_ada"))

    assert page.orders == (order,)
