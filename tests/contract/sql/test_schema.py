"""Constraints of the schema, and the precision of the stored values."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, insert, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from orders_adapters.sql import tables
from orders_adapters.sql.errors import UnexpectedDatabaseError, translate_errors
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_domain import Actor, CustomItem
from orders_domain.model.order import rebuild
from orders_domain.model.values.json_values import JSON
from tests.support.builders import an_order, placed


@pytest.mark.parametrize(
    "wrong",
    [
        "status = 'LOST'",
        "status = 'pending'",
        "total_minor = -1",
        "total_minor = 1000000000001",
        "currency = 'US'",
        "version = 0",
        "user_id = 'nobody'",
    ],
)
def test_schema_rejects_invalid_orders(engine: Engine, wrong: str) -> None:
    placed(engine)

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(f"UPDATE orders SET {wrong}"))


@pytest.mark.parametrize("table", ["order_history", "outbox"])
def test_duplicate_event_is_rejected(engine: Engine, table: str) -> None:
    placed(engine)
    columns = ", ".join(column.name for column in tables.metadata.tables[table].c if column.name != "id")

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}"))


def test_constraint_error_is_unexpected_error(engine: Engine) -> None:
    placed(engine)

    with pytest.raises(UnexpectedDatabaseError), translate_errors(), engine.begin() as connection:
        connection.execute(update(tables.orders).values(version=0))


def test_nan_is_rejected_as_json(engine: Engine) -> None:
    placed(engine)

    with pytest.raises((StatementError, ValueError), match="Out of range"), engine.begin() as connection:
        connection.execute(update(tables.orders).values(items=[{"price": math.nan}]))


def test_items_are_stored_unchanged(engine: Engine) -> None:
    content: dict[str, JSON] = {
        "z": 1.0, "a": 0.1, "large": 2**63 - 1, "text": "Straße \U0001f375 \\ \" '", "deep": [[], {}, None, True, -0.0]
    }  # fmt: skip
    order = an_order()
    order.items = (CustomItem(content),)

    placed(engine, order)

    stored = SqlOrderQueries(engine).get(order.id).items[0].content
    assert repr(stored) == repr(content)  # the order of the members, and 1.0 as 1.0


def test_timestamps_are_stored_in_utc(engine: Engine) -> None:
    moment = datetime(2026, 1, 5, 1, 2, 3, 456789, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    order = placed(engine, an_order(at=moment))

    stored = SqlOrderQueries(engine).get(order.id).created_at
    assert stored == moment
    assert stored.tzinfo is UTC


def test_naive_timestamp_is_rejected(engine: Engine) -> None:
    with pytest.raises(StatementError), engine.begin() as connection:
        connection.execute(insert(tables.users).values(id="user_ada", created_at=datetime(2026, 1, 5)))  # noqa: DTZ001


def test_order_rebuilds_from_history(engine: Engine) -> None:
    order = placed(engine)
    queries = SqlOrderQueries(engine)

    assert rebuild(queries.history(order.id), number=order.number) == queries.get(order.id)


def test_order_numbers_are_consecutive(engine: Engine) -> None:
    numbers = [placed(engine).number for _ in range(3)]

    assert numbers == [1, 2, 3]


def test_long_values_are_stored_untruncated(engine: Engine) -> None:
    order = an_order(by=Actor(subject="\N{SNOWMAN}" * 255, request_id="r" * 10_000))
    order.items = (CustomItem({"note": "x" * 100_000}),)

    placed(engine, order)

    assert SqlOrderQueries(engine).get(order.id) == order
    assert SqlOrderQueries(engine).history(order.id)[0].request_id == "r" * 10_000
