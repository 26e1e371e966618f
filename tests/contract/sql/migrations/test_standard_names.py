"""Migration 0015: rows stored under the former names are read under the new ones, and a downgrade restores them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import migrate
from orders_adapters.sql.jobs import SqlJobRepository
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.reservations import SqlReservationRepository
from orders_adapters.sql.revoked_tokens import SqlRevokedTokens
from orders_domain.model.accounts.auth_token import ALWAYS
from orders_domain.model.jobs import BulkStatusJob
from orders_domain.model.status import OrderStatus, TargetStatus
from orders_domain.ports.outbox import OutboxState

pytestmark = pytest.mark.alternate

AT = datetime(2026, 3, 14, tzinfo=UTC)
ORDER = UUID("01a1fbae-6e87-74f6-aa47-082029bc341c")
COLUMNS = {  # the former columns of the stored rows
    "orders": "id number origin user_id items lines total_minor currency status version created_at updated_at",
    "order_history": "order_id version what at actor role to_status details",
    "products": "id sku name price_minor currency stock_quantity low_stock_threshold created_at remote",
    "stock_movements": "id product_id order_id kind quantity actor at",
    "order_templates": "id user_id name demands address created_at",
    "jobs": "id actor role order_ids wanted alike status done failed attempts created_at leased_until",
    "bookings": "order_id user_id wanted state created_at due_at key_subject key_scope key",
    "denied_tokens": "mark until",
    "outbox": "id event_id order_id version type at data shard state attempts due_at",
}
FAILURES = '[[7, "stale_order", "It was changed.", null], [8, "transition_refused", "No.", "PAID"]]'


def stored_rows(engine: Engine) -> Mapping[str, Sequence[Sequence[Any]]]:
    def key(number: int) -> str:
        value = UUID(int=number)
        return value.hex if engine.dialect.name == "sqlite" else str(value)

    order = ORDER.hex if engine.dialect.name == "sqlite" else str(ORDER)
    return {
        "orders": [(order, 1, "management", "ann", "[]", "[]", 1, "USD", "PENDING", 1, AT, AT)],
        "order_history": [(order, 1, "placed", AT, "ann", "customer", "PENDING", "{}")],
        "products": [(1, "T", "Tea", 1, "USD", 3, 5, AT, False), (2, "X", "Far", 1, "USD", 0, 0, AT, True)],
        "stock_movements": [
            (1, 1, None, "initial", 3, "root", AT),
            (2, 1, order, "taken", -2, "ann", AT),
            (3, 1, order, "given_back", 2, "ann", AT),
        ],
        "order_templates": [(1, "ann", "Weekly", "[[1, 2]]", "{}", AT)],
        "jobs": [(key(9), "root", "admin", "[7, 8]", "PAID", '["PAID"]', "done", 2, FAILURES, 0, AT, AT)],
        "bookings": [
            (key(number), "ann", "[[2, 3]]", state, AT, AT, "ann", "ostore", f"key-{number}")
            for number, state in enumerate(("placing", "kept", "releasing"))
        ],
        "denied_tokens": [("a" * 64, AT), ("b" * 64, AT)],
        "outbox": [
            (number, key(number), order, number, "orders.order_placed.v1", AT, "{}", 0, state, 1, AT)
            for number, state in enumerate(("waiting", "untold", "parked", "sent"), start=1)
        ],
    }


def store_former_rows(address: str, engine: Engine) -> None:
    migrate.upgrade(address, "0014")
    with engine.begin() as connection:
        for table, rows in stored_rows(engine).items():
            columns = COLUMNS[table].split()
            places = ", ".join(f":{column}" for column in columns)
            statement = text(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})")
            for row in rows:
                connection.execute(statement, dict(zip(columns, row, strict=True)))


def everything(engine: Engine) -> dict[str, list[tuple[str, ...]]]:
    with engine.connect() as connection:
        return {
            table: sorted(
                tuple(map(str, row))
                for row in connection.execute(text(f"SELECT {', '.join(columns.split())} FROM {table}"))
            )
            for table, columns in COLUMNS.items()
        }


def test_stored_rows_are_read_by_the_adapters(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    store_former_rows(address, engine)

    migrate.upgrade(address)

    assert migrate.check(address) == []
    assert migrate.missing_triggers(engine) == []
    job = SqlJobRepository(engine).get(UUID(int=9))
    assert isinstance(job, BulkStatusJob)
    assert (job.target, job.processed) == (TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID})), 2)
    assert [(failure.order_id, failure.current) for failure in job.failed] == [(7, None), (8, OrderStatus.PAID)]
    assert SqlRevokedTokens(engine).all(limit=9) == {"a" * 64: ALWAYS, "b" * 64: ALWAYS}
    states = {state: SqlOutbox(engine).select(states=frozenset({state})) for state in OutboxState}
    assert {state: [message.event.version for message in found] for state, found in states.items()} == {
        OutboxState.WAITING: [1],
        OutboxState.PUBLISHED: [2],
        OutboxState.PARKED: [3],
        OutboxState.SENT: [4],
    }
    assert [entry.kind for entry in SqlOrderQueries(engine).history(ORDER)] == ["placed"]
    with engine.begin() as connection:
        reservations = SqlReservationRepository(connection)
        claimed = [reservations.claim_due(now=AT, until=AT.replace(year=2030)) for _ in range(3)]
        kinds = connection.scalars(text("SELECT kind FROM stock_movements ORDER BY id")).all()
        low = connection.execute(text("SELECT id, low_stock, external FROM products ORDER BY id")).all()
    assert [found and (found.order_id, found.quantities) for found in claimed] == [
        (UUID(int=0), {2: 3}),
        (UUID(int=2), {2: 3}),
        None,
    ]
    assert kinds == ["initial", "deducted", "released"]
    assert [tuple(map(bool, row)) for row in low] == [(True, True, False), (True, True, True)]


def test_downgrade_restores_the_former_rows(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    store_former_rows(address, engine)
    before = everything(engine)

    migrate.upgrade(address)
    migrate.downgrade(address, "0014")

    assert everything(engine) == before
    migrate.upgrade(address)
    assert migrate.check(address) == []


RENAMED = [  # a statement before and after the revision
    ("UPDATE outbox SET state = 'untold'", "UPDATE outbox SET state = 'published'"),
    ("UPDATE bookings SET state = 'kept'", "UPDATE reservations SET state = 'confirmed'"),
    (
        "UPDATE stock_movements SET kind = 'taken' WHERE id = 2",
        "UPDATE stock_movements SET kind = 'deducted' WHERE id = 2",
    ),
    ("UPDATE jobs SET done = 1", "UPDATE jobs SET processed = 1"),
]


def test_only_the_names_of_the_revision_are_valid(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    store_former_rows(address, engine)

    migrate.upgrade(address)
    for former, current in RENAMED:
        assert accepts(engine, current)
        assert not accepts(engine, former.replace("bookings", "reservations").replace("done", "processed = -1 --"))
    migrate.downgrade(address, "0014")
    for former, current in RENAMED:
        assert accepts(engine, former)
        assert not accepts(engine, current.replace("reservations", "bookings").replace("processed = 1", "done = -1"))


def accepts(engine: Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except IntegrityError:
        return False
    return True


def test_constraints_and_indexes_have_new_names(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)

    migrate.upgrade(address)

    with engine.connect() as connection:
        names = " ".join(map(str, connection.scalars(text(NAMES[engine.dialect.name])).all()))
    former = ("denied_tokens", "bookings", "know_user", "ring_orders", "jobs_done", "jobs_wanted", "untold", "_ck_")
    assert "ck_reservations_state" in names
    assert [name for name in former if name in names] == []


NAMES = {
    "postgresql": """
        SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        UNION SELECT indexdef FROM pg_indexes
        UNION SELECT tgname::text FROM pg_trigger UNION SELECT proname::text FROM pg_proc
    """,
    "sqlite": "SELECT sql FROM sqlite_master",
}
