"""orders prune"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orders_domain import Actor, CustomItem, Money
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.use_cases import PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.command import assert_error_line, orders

OLD, FAR = "2020-01-01 00:00:00.000000", "2120-01-01 00:00:00.000000"


@pytest.fixture
def here(migrated: Path) -> Path:
    """A directory whose database has four events and four keys of today."""
    container = Container(settings=Settings(database_url=f"sqlite:///{migrated}/orders.db"))
    for name in ("ann", "bob", "eve", "joe"):
        container.place_order(
            PlaceOrder(
                actor=Actor(subject=name),
                items=(CustomItem({"sku": "tea"}),),
                total=Money.of(1, "USD"),
                idempotency_key=IdempotencyKey(subject=name, scope="orders", key="key", fingerprint="tea"),
            )
        )
    close(container)
    return migrated


def change(here: Path, statement: str) -> None:
    with closing(sqlite3.connect(here / "orders.db")) as connection, connection:
        connection.execute(statement)


def ids(here: Path, table: str, column: str) -> list[str]:
    with closing(sqlite3.connect(here / "orders.db")) as connection:
        return [str(value) for (value,) in connection.execute(f"SELECT {column} FROM {table} ORDER BY rowid")]


def test_recent_or_unsent_rows_are_retained(here: Path) -> None:
    change(here, f"UPDATE outbox SET at = '{OLD}' WHERE id = 1")

    pruned = orders("prune", here=here)

    assert pruned.returncode == 0
    assert (
        "Deleted: 0 published events, 0 idempotency keys, 0 token revocations, 0 message records, 0 finished jobs, "
        "0 notifications, 0 webhook deliveries." in pruned.stderr
    )
    assert (len(ids(here, "outbox", "id")), len(ids(here, "idempotency_keys", "subject"))) == (4, 4)


def test_old_rows_are_deleted(here: Path) -> None:
    change(here, f"UPDATE outbox SET state = 'sent', at = '{OLD}' WHERE id IN (2, 3)")
    change(here, "UPDATE outbox SET state = 'sent' WHERE id = 4")
    change(here, f"UPDATE idempotency_keys SET at = '{OLD}' WHERE subject = 'bob'")
    change(
        here,
        f"INSERT INTO revoked_tokens (token_hash, expires_at) VALUES ('a', '{OLD}'), ('b', '{OLD}'), ('c', '{FAR}')",
    )
    change(here, f"INSERT INTO inbox (scope, message_id, at) VALUES ('x', 'old', '{OLD}'), ('x', 'young', '{FAR}')")

    for name, status, created in (("1", "done", OLD), ("2", "running", OLD), ("3", "done", FAR)):
        change(
            here,
            "INSERT INTO jobs (id, actor, role, order_ids, target_status, equivalent_statuses, status, processed, "
            "attempts, failures, created_at, leased_until) VALUES "
            f"('{name}', 'ann', 'admin', '[]', 'PAID', '[]', '{status}', 0, 0, '[]', '{created}', '{created}')",
        )

    pruned = orders("prune", here=here)

    assert (
        "Deleted: 2 published events, 1 idempotency keys, 2 token revocations, 1 message records, 1 finished jobs, "
        "0 notifications, 0 webhook deliveries." in pruned.stderr
    )
    assert ids(here, "outbox", "id") == ["1", "4"]
    assert ids(here, "idempotency_keys", "subject") == ["ann", "eve", "joe"]
    assert ids(here, "revoked_tokens", "token_hash") == ["c"]
    assert ids(here, "inbox", "message_id") == ["young"]
    assert ids(here, "jobs", "id") == ["2", "3"]


def test_unreachable_database_is_an_error(tmp_path: Path) -> None:
    pruned = orders("prune", here=tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert_error_line(pruned, "store is unavailable")
