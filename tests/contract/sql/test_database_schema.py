"""Schema of all tables on PostgreSQL: deployments in two schemas of one database do not see each other."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, create_engine, text

from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.outbox.shard_lock import acquire_shards
from orders_adapters.sql.outbox.wakeup import WakeupSignal
from orders_adapters.sql.sharding import shard_of
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.threads import other_thread
from orders_domain.errors import OrderNotFound, StoreUnavailable
from orders_domain.model.idempotency import IdempotencyKey
from tests.support.builders import ADA, EVERY_STATE, NOON, an_order, due, placed

KEY = IdempotencyKey(subject="ada", scope="orders", key="once", fingerprint="f")
SHOP, OUTLET, PUBLIC = "shop", "order", ""  # one is a reserved word


@pytest.fixture
def both(postgresql_address: str, connect: Callable[..., Engine]) -> tuple[Engine, Engine]:
    """Two deployments in one database."""
    for schema in (SHOP, OUTLET):
        migrate.upgrade(postgresql_address, schema=schema)
    return connect(postgresql_address, schema=SHOP), connect(postgresql_address, schema=OUTLET)


def tables(engine: Engine, schema: str) -> list[str]:
    query = "SELECT tablename::text FROM pg_tables WHERE schemaname = :schema ORDER BY 1"
    with engine.connect() as connection:
        return list(connection.scalars(text(query), {"schema": schema}))


def test_schema_is_created_and_complete(postgresql_address: str, connect: Callable[..., Engine]) -> None:
    migrate.upgrade(postgresql_address, schema=SHOP)
    engine = connect(postgresql_address, schema=SHOP)

    assert {"orders", "outbox", "orders_alembic_version"} <= set(tables(engine, SHOP))
    assert tables(engine, "public") == []
    assert migrate.check(postgresql_address, schema=SHOP) == []
    assert migrate.pending(engine) == migrate.missing_triggers(engine) == []
    migrate.downgrade(postgresql_address, "base", schema=SHOP)
    assert tables(engine, SHOP) == ["orders_alembic_version"]


def test_schema_without_tables_is_not_migrated(postgresql_address: str, connect: Callable[..., Engine]) -> None:
    migrate.upgrade(postgresql_address)
    engine = connect(postgresql_address, schema=SHOP)

    assert migrate.current(engine) is None
    with pytest.raises(StoreUnavailable, match="orders migrate"):
        placed(engine)


def test_orders_are_stored_by_schema(both: tuple[Engine, Engine]) -> None:
    shop, outlet = both

    first, second = placed(shop), placed(outlet)

    assert (first.number, second.number) == (1, 1)
    assert SqlOrderQueries(shop).get(first.id) == first
    with pytest.raises(OrderNotFound):
        SqlOrderQueries(outlet).get(first.id)
    assert [message.event.order_id for message in SqlOutbox(outlet).select(states=EVERY_STATE)] == [second.id]


def test_relays_claim_shards_by_schema(both: tuple[Engine, Engine]) -> None:
    shop, outlet = both
    order = placed(outlet)

    with acquire_shards(shop, [shard_of(order.id)]) as lock:
        assert lock is not None
        assert due(outlet, order) == [1]
        with acquire_shards(shop, [shard_of(order.id)]) as second:
            assert second is None


def test_keys_are_locked_by_schema(both: tuple[Engine, Engine]) -> None:
    shop, outlet = both

    with SqlUnitOfWork(shop) as first, SqlUnitOfWork(outlet) as second:
        first.idempotency_keys.acquire(KEY, at=NOON)
        second.idempotency_keys.acquire(KEY, at=NOON)


@pytest.mark.parametrize("schema", [SHOP, PUBLIC])
def test_relay_is_woken_by_its_schema_only(
    both: tuple[Engine, Engine], postgresql_address: str, connect: Callable[..., Engine], schema: str
) -> None:
    _, outlet = both
    if schema == PUBLIC:
        migrate.upgrade(postgresql_address)
    engine = connect(postgresql_address, schema=schema)
    signal = WakeupSignal(engine)
    signal.wait(5)  # connects

    with other_thread() as thread:
        waiting = thread.submit(signal.wait, 30)
        placed(outlet)
        with pytest.raises(TimeoutError):
            waiting.result(0.7)
        placed(engine)
        waiting.result(10)
    signal.close()


def test_open_transaction_of_other_schema_blocks_no_wakeup(both: tuple[Engine, Engine]) -> None:
    """One transaction of a schema notifies at a time, because NOTIFY serializes commits."""
    shop, outlet = both
    signal = WakeupSignal(outlet)
    signal.wait(5)

    with other_thread() as thread, shop.connect() as host:
        with SqlUnitOfWork(host) as uow:
            uow.orders.add(an_order())
            uow.commit()  # the trigger holds the lock of the notification until the host ends
        waiting = thread.submit(signal.wait, 30)
        placed(outlet)
        waiting.result(10)
    signal.close()


def test_host_transaction_uses_the_schema(both: tuple[Engine, Engine], postgresql_address: str) -> None:
    shop, _ = both
    host_engine = create_engine(shop.url.set(query={}))
    order, rejected = an_order(), an_order()

    with host_engine.begin() as host:
        host.execute(text("CREATE TABLE users (id INTEGER)"))  # the host's own, in public
        with SqlUnitOfWork(host, schema=SHOP) as uow:
            uow.orders.add(rejected)
        assert host.scalar(text("SELECT current_schema()")) == "public"
        with SqlUnitOfWork(host, schema=SHOP) as uow:
            uow.orders.add(order)
            uow.commit()
        assert host.scalar(text("SELECT current_schema()")) == "public"
        host.execute(text("INSERT INTO users VALUES (1)"))
    host_engine.dispose()

    assert SqlOrderQueries(shop).get(order.id).user_id == ADA.subject
    with pytest.raises(OrderNotFound):
        SqlOrderQueries(shop).get(rejected.id)


def test_schema_on_sqlite_is_rejected() -> None:
    with pytest.raises(ValueError, match="PostgreSQL"):
        engines.create("sqlite://", schema=SHOP)


@pytest.mark.parametrize("schema", ["Shop", "1shop", "pg_shop", "a b", 'a"b', "x" * 64])
def test_invalid_schema_name_is_rejected(schema: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        engines.create("postgresql://127.0.0.1/x", schema=schema)
