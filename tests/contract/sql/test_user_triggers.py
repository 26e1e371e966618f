"""Trigger that creates a `users` row for the customer of every order, whichever statement inserts the order."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from orders_adapters.sql import migrate, tables
from orders_adapters.sql.mappers import order_values
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.order_templates import SqlOrderTemplateRepository
from orders_adapters.sql.users import SqlUserRepository
from orders_domain import Actor
from orders_domain.errors import StoreUnavailable
from orders_domain.model.accounts.user import User
from orders_domain.model.address import Address
from orders_domain.model.order_template import NewOrderTemplate
from orders_domain.model.product import RequestedItem
from orders_flask.bootstrap.persistence import sql
from tests.support.builders import ADA, LATER, NOON, an_order, placed

ACCOUNT = User(id="user_ann", email="ann@example.com", password_hash="hash", created_at=NOON)

HOME = Address(line1="1 Lane", city="London", state="LDN", postal_code="W1", country="GB")
TEMPLATE = NewOrderTemplate(
    user_id="user_eve", name="Tea", requested_items=(RequestedItem(product_id=1, quantity=1),), address=HOME
)


def row(number: int, user_id: str | None, at: datetime = LATER) -> dict[str, Any]:
    return order_values(an_order(by=Actor(subject=user_id or "guest"), at=at)) | {"number": number, "user_id": user_id}


def known(connection: Connection) -> list[tuple[str, datetime, str | None]]:
    users = tables.users.c
    rows = connection.execute(select(users.id, users.created_at, users.email).order_by(users.id))
    return [(row.id, row.created_at, row.email) for row in rows]


@pytest.mark.clause("000-01")
def test_order_insert_creates_its_user(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(tables.orders), [row(1, "user_bob"), row(2, "user_ann", NOON), row(3, None), row(4, "user_ann")]
        )
        assert known(connection) == [("user_ann", NOON, None), ("user_bob", LATER, None)]


def test_order_insert_leaves_existing_account(engine: Engine) -> None:
    SqlUserRepository(engine).add(ACCOUNT)

    with engine.begin() as connection:
        connection.execute(insert(tables.orders), row(1, ACCOUNT.id))

    assert SqlUserRepository(engine).get(ACCOUNT.id) == ACCOUNT


def test_account_retains_first_seen_time(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(tables.orders), row(1, ACCOUNT.id, LATER))

    SqlUserRepository(engine).add(ACCOUNT)

    with engine.connect() as connection:
        assert known(connection) == [(ACCOUNT.id, LATER, ACCOUNT.email)]


def test_rollback_creates_no_user(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(tables.orders), row(1, "user_bob"))
        connection.rollback()
        assert known(connection) == []


def test_missing_trigger_is_reported_and_unavailable(altered: str, connect: Callable[..., Engine]) -> None:
    engine = connect(altered)
    assert migrate.missing_triggers(engine) == []
    assert sql.check_once(altered) is None
    at = " ON orders" if engine.dialect.name == "postgresql" else ""

    with engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER ensure_user_of_orders{at}"))

    assert migrate.missing_triggers(engine) == ["ensure_user_of_orders"]
    assert "ensure_user_of_orders" in str(sql.check_once(altered))
    with pytest.raises(StoreUnavailable, match="run: orders migrate"):
        placed(engine)
    migrate.downgrade(altered, "0011")
    with pytest.raises(StoreUnavailable, match="run: orders migrate"):
        SqlOrderTemplateRepository(engine).add(TEMPLATE, at=NOON)
    migrate.upgrade(altered)
    assert SqlOrderQueries(engine).get(placed(engine).id).user_id == ADA.subject


def test_disabled_trigger_is_reported(copied_postgresql: str, connect: Callable[..., Engine]) -> None:
    engine = connect(copied_postgresql)

    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE outbox DISABLE TRIGGER ALL"))

    assert migrate.missing_triggers(engine) == ["notify_orders_outbox"]


def test_restored_dump_creates_users(on_postgresql: Engine) -> None:
    with on_postgresql.begin() as connection:
        connection.execute(insert(tables.orders), row(1, "user_bob"))
        connection.execute(text("CREATE TEMPORARY TABLE dumped AS SELECT * FROM orders"))
        connection.execute(text("DELETE FROM orders"))
        connection.execute(text("DELETE FROM users"))

        connection.execute(text("SET LOCAL search_path = ''"))  # as pg_dump writes it
        connection.execute(text("INSERT INTO public.orders SELECT * FROM pg_temp.dumped"))

        connection.execute(text("SET LOCAL search_path = public"))
        assert [user_id for user_id, *_ in known(connection)] == ["user_bob"]
