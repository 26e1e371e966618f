"""A PostgreSQL that answers reads and refuses writes, such as a standby after a failover."""

from contextlib import ExitStack, closing

import pytest
from sqlalchemy import func, select, text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import new_id, placed
from orders_domain.errors import OrderNotFound, StoreUnavailable

READ_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; COMMIT"
SETTING = text("SELECT current_setting('transaction_read_only')")


def test_refused_write_is_unavailable_and_reads_go_on(migrated_postgresql: str) -> None:
    database = engines.create(migrated_postgresql, pool_size=1)
    with database.connect() as connection:
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
        connection.commit()

    with pytest.raises(StoreUnavailable), SqlUnitOfWork(database) as uow:
        uow.orders.add(placed())

    with pytest.raises(OrderNotFound):  # an answer, and not an error of the store
        SqlOrderQueries(database).get(new_id())
    database.dispose()


@pytest.mark.parametrize("directly", [True, False], ids=["direct placement", "unit of work"])
def test_read_only_connections_are_discarded(migrated_postgresql: str, directly: bool) -> None:
    """A switched-over server stays reachable as a replica, so that its connections do not break by themselves."""
    database = engines.create(migrated_postgresql, pool_size=2)
    with ExitStack() as sessions:
        for _ in range(2):
            sessions.enter_context(database.connect()).execute(text(READ_ONLY))

    def place() -> None:
        if directly:
            with translate_errors(), engines.autocommit(database).connect() as connection:
                CompiledStatement(select(func.nextval("order_numbers"))).execute(connection, {})
        else:
            with SqlUnitOfWork(database) as uow:
                uow.orders.add(placed())
                uow.commit()

    with pytest.raises(StoreUnavailable, match="read-only"):
        place()
    with closing(database.connect()) as first, closing(database.connect()) as second:
        assert {first.scalar(SETTING), second.scalar(SETTING)} == {"off"}
    place()
    database.dispose()
