"""Whoever an order is of is known: the database itself sees to it, whoever writes the order and however."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from orders_adapters.sql import tables
from orders_adapters.sql.rows import order_values
from orders_adapters.sql.users import Users
from orders_domain import Actor
from orders_domain.user import User
from tests.contract.sql.given import LATER, NOON, an_order

ACCOUNT = User(id="user_ann", email="ann@example.com", password_hash="hash", created_at=NOON)


def row(number: int, user_id: str | None, at: datetime = LATER) -> dict[str, Any]:
    return order_values(an_order(by=Actor(subject=user_id or "guest"), at=at)) | {"number": number, "user_id": user_id}


def known(connection: Connection) -> list[tuple[str, datetime, str | None]]:
    users = tables.users.c
    rows = connection.execute(select(users.id, users.created_at, users.email).order_by(users.id))
    return [(row.id, row.created_at, row.email) for row in rows]


@pytest.mark.clause("000-01")
def test_whoever_writes_an_order_makes_its_user_known(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(tables.orders), [row(1, "user_bob"), row(2, "user_ann", NOON), row(3, None), row(4, "user_ann")]
        )
        assert known(connection) == [("user_ann", NOON, None), ("user_bob", LATER, None)]


def test_who_has_an_account_keeps_it(engine: Engine) -> None:
    Users(engine).add(ACCOUNT)

    with engine.begin() as connection:
        connection.execute(insert(tables.orders), row(1, ACCOUNT.id))

    assert Users(engine).user(ACCOUNT.id) == ACCOUNT


def test_an_account_is_added_to_who_is_known_already_since_when_they_were(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(tables.orders), row(1, ACCOUNT.id, LATER))

    Users(engine).add(ACCOUNT)

    with engine.connect() as connection:
        assert known(connection) == [(ACCOUNT.id, LATER, ACCOUNT.email)]


def test_an_order_that_is_undone_leaves_no_user(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(tables.orders), row(1, "user_bob"))
        connection.rollback()
        assert known(connection) == []


def test_a_restore_without_a_search_path_knows_them_too(on_postgresql: Engine) -> None:
    with on_postgresql.begin() as connection:
        connection.execute(insert(tables.orders), row(1, "user_bob"))
        connection.execute(text("CREATE TEMPORARY TABLE dumped AS SELECT * FROM orders"))
        connection.execute(text("DELETE FROM orders"))
        connection.execute(text("DELETE FROM users"))

        connection.execute(text("SET LOCAL search_path = ''"))  # as pg_dump writes it
        connection.execute(text("INSERT INTO public.orders SELECT * FROM pg_temp.dumped"))

        connection.execute(text("SET LOCAL search_path = public"))
        assert [user_id for user_id, *_ in known(connection)] == ["user_bob"]
