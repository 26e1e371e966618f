"""Number of statements of each method, and the index that the planner uses for each query."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, insert, text

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.outbox import queries
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.sharding import SHARDS, shard_of
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain import OrderStatus, Origin
from orders_domain.model.order_filter import Cursor, OrderFilter
from orders_domain.model.status import TargetStatus
from orders_domain.ports.outbox import OutboxState
from tests.support.builders import ADA, LATER, NOON, an_order, placed
from tests.support.depth import effort
from tests.support.servers.postgresql import PostgresServer
from tests.support.stores import copied_sqlite

MANY = effort(5_000, 20_000)


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of many orders, which the tests read only."""
    with ExitStack() as until:
        if request.param == "sqlite":
            file: Path = request.getfixturevalue("migrated_sqlite")
            url = copied_sqlite(file, tmp_path_factory.mktemp("filled"))
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = server.copy(request.getfixturevalue("template_postgresql"))
            until.callback(server.drop, url)
        engine = engines.create(url, statement_seconds=0)
        until.callback(engine.dispose)
        fill(engine)
        yield engine


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements sent in the block, without SQLite's BEGIN."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_order_is_placed_in_four_statements(engine: Engine) -> None:
    with statements(engine) as sent:
        placed(engine)

    assert len(sent) == 4, sent


def test_order_is_changed_in_four_statements(engine: Engine) -> None:
    order = placed(engine)

    with SqlUnitOfWork(engine) as uow, statements(engine) as sent:
        held = uow.orders.get_for_update(order.id)
        assert len(sent) == 1, sent
        held.change_status(TargetStatus(OrderStatus.PAID, frozenset()), by=ADA, at=LATER)
        uow.orders.save(held)
        uow.commit()

    assert len(sent) == 4, sent


@pytest.mark.parametrize(
    "read",
    [
        lambda engine, order: SqlOrderQueries(engine).get(order.id),
        lambda engine, order: SqlOrderQueries(engine).search(OrderFilter(user_id="user_ada", limit=1)),
        lambda engine, order: SqlOrderQueries(engine).search(
            OrderFilter(user_id="user_ada", cursor=Cursor(LATER, order.id))
        ),
        lambda engine, order: SqlOrderQueries(engine).history(order.id),
        lambda engine, order: SqlOutbox(engine).due_shards(LATER),
        lambda engine, order: SqlOutbox(engine).select(states=frozenset(OutboxState)),
    ],
)
def test_query_costs_one_statement(engine: Engine, read: Callable[[Engine, Any], object]) -> None:
    order = placed(engine)

    with statements(engine) as sent:
        read(engine, order)

    assert len(sent) == 1, sent


def test_query_runs_outside_a_transaction(on_postgresql: Engine) -> None:
    order = placed(on_postgresql)

    def status(connection: Any, cursor: Any, *rest: Any) -> None:
        seen.append(cursor.connection.info.transaction_status.name)

    seen: list[str] = []
    event.listen(on_postgresql, "after_cursor_execute", status)
    SqlOrderQueries(on_postgresql).get(order.id)

    assert seen == ["IDLE"]


def test_states_are_written_in_one_statement(engine: Engine) -> None:
    orders = [placed(engine, an_order(order_id)) for order_id in same_shard(3)]
    outbox = SqlOutbox(engine)

    with statements(engine) as sent, outbox.claim(shard_of(orders[0].id), now=LATER, limit=9) as claim:
        assert claim is not None
        sent.clear()
        for message in claim.messages:
            claim.set_state(message.event.id, state=OutboxState.SENT, due_at=LATER, attempts=0)

    assert len(claim.messages) == 3
    assert len(sent) == 1, sent


def test_shards_are_locked_and_read_by_two_statements(on_postgresql: Engine) -> None:
    orders = [placed(on_postgresql) for _ in range(12)]

    with (
        statements(on_postgresql) as sent,
        SqlOutbox(on_postgresql).claim(*range(SHARDS), now=LATER, limit=9) as claim,
    ):
        assert claim is not None
        assert {message.event.order_id for message in claim.messages} == {order.id for order in orders}
        assert len(sent) == 2, sent


@pytest.mark.parametrize("after", [None, Cursor(NOON, uuid4())])
def test_order_page_is_read_from_index(filled: Engine, after: Cursor | None) -> None:
    with statements(filled) as sent:
        SqlOrderQueries(filled).search(OrderFilter(user_id="user_3", limit=10, cursor=after))
    plan = explained(filled, sent[0])

    assert "ix_orders_user_id_created_at_id" in plan
    assert "SORT" not in plan.upper().replace("SORT KEY", ""), plan
    assert "TEMP B-TREE" not in plan.upper(), plan
    if after:
        assert "created_at" in plan.split("ix_orders_user_id_created_at_id")[1], plan


def of_shard(engine: Engine) -> tuple[Any, dict[str, Any]]:
    """The query of due messages of the store, with its values."""
    values = {"now": LATER, "recent_after": LATER, "limit": 500}
    if engine.dialect.name == "sqlite":
        return queries.DUE_MESSAGES, values | {"shard": 3}
    return queries.DUE_MESSAGES_OF_SHARDS, values | {"shards": [3]}


def test_due_queries_skip_sent_events(filled: Engine) -> None:
    for statement, values in (
        of_shard(filled),
        (queries.DUE_SHARDS, {"now": LATER, "recent_after": LATER}),
    ):
        with statements(filled) as sent, filled.connect() as connection:
            connection.execute(statement, values).all()
        plan = explained(filled, sent[0])
        assert "ix_outbox_open" in plan, plan
        assert "ix_outbox_unsent" in plan, plan


def same_shard(how_many: int) -> list[Any]:
    shard = shard_of(first := uuid4())
    ids = [first]
    while len(ids) < how_many:
        if shard_of(another := uuid4()) == shard:
            ids.append(another)
    return ids


def fill(engine: Engine) -> None:
    """Orders of 400 users, one per second, and their events, nearly all of them sent."""
    ids = [uuid4() for _ in range(MANY)]
    with engine.begin() as connection:
        connection.execute(
            insert(tables.users), [{"id": f"user_{number}", "created_at": NOON} for number in range(400)]
        )
    with engine.begin() as connection:
        connection.execute(
            insert(tables.orders),
            [
                {
                    "id": order_id, "origin": Origin.ORDERS, "number": number + 1,
                    "user_id": f"user_{number % 400}", "items": [],
                    "total_minor": 1, "currency": "USD", "status": OrderStatus.PENDING, "version": 1,
                    "created_at": NOON + timedelta(seconds=number), "updated_at": NOON,
                }
                for number, order_id in enumerate(ids)
            ],
        )  # fmt: skip
    with engine.begin() as connection:
        connection.execute(
            insert(tables.outbox),
            [
                {
                    "event_id": uuid4(), "order_id": order_id, "version": 1, "type": "t", "at": NOON, "data": {},
                    "shard": shard_of(order_id), "attempts": 0, "due_at": NOON,
                    "state": OutboxState.SENT if number % 100 else OutboxState.WAITING,
                }
                for number, order_id in enumerate(ids)
            ],
        )  # fmt: skip
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def explained(engine: Engine, statement: str) -> str:
    """The plan of a statement as it was sent; on PostgreSQL the generic plan, which does not depend on the values."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, (None,) * statement.count("?"))
            return "\n".join(row.detail for row in rows)
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    for position, name in enumerate(names, start=1):
        statement = statement.replace(f"%({name})s", f"${position}")
    parameters = len(set(re.findall(r"\$\d+", statement)))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE asked AS {statement}")
        values = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
        rows = connection.exec_driver_sql(f"EXPLAIN EXECUTE asked{values}")
        plan = "\n".join(rows.scalars())
        connection.exec_driver_sql("DEALLOCATE asked")
        return plan
