"""A PostgreSQL that answers reads and refuses writes, such as a standby after a failover."""

import pytest
from sqlalchemy import text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import new_id, placed
from orders_domain.errors import OrderNotFound, StoreUnavailable


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
