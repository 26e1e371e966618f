"""The ``orders outbox`` commands: list and resend."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from orders_domain import Actor, CustomItem, Money
from orders_domain.use_cases import PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container
from tests.support.command import assert_error_line, orders


@pytest.fixture
def here(migrated: Path) -> Path:
    """A directory whose database has three events: waiting, parked and sent."""
    container = Container(settings=Settings(database_url=f"sqlite:///{migrated}/orders.db"))
    for name in ("ann", "bob", "eve"):
        order = PlaceOrder(actor=Actor(subject=name), items=(CustomItem({"sku": "tea"}),), total=Money.of(1, "USD"))
        container.place_order(order)
    container.queries()._engine.dispose()
    mark(migrated, "parked", 2)
    mark(migrated, "sent", 3)
    return migrated


def mark(here: Path, state: str, row: int) -> None:
    with closing(sqlite3.connect(here / "orders.db")) as connection, connection:
        states = {value.lower(): value for value in ("waiting", "parked", "sent", "WAITING", "PARKED", "SENT")}
        connection.execute(
            "UPDATE outbox SET state = ?, attempts = 10, last_error = 'no queue' WHERE id = ?",
            (spelt(here, states[state]), row),
        )


def spelt(here: Path, state: str) -> str:
    """The state as the database stores it."""
    with closing(sqlite3.connect(here / "orders.db")) as connection:
        (waiting,) = connection.execute("SELECT state FROM outbox WHERE id = 1").fetchone()
    return state.upper() if str(waiting).isupper() else state.lower()


def listed(here: Path, *arguments: str) -> list[list[str]]:
    shown = orders("outbox", "list", *arguments, here=here)
    assert shown.returncode == 0, shown
    return [line.split() for line in shown.stdout.splitlines()]


def test_waiting_and_parked_are_listed_by_age(here: Path) -> None:
    shown = orders("outbox", "list", here=here)

    lines = shown.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["waiting", "parked"]
    assert all("orders.order_placed.v1" in line for line in lines)
    assert lines[1].endswith("no queue")
    assert shown.stderr == "2 events: waiting, parked.\n"


@pytest.mark.parametrize(
    ("arguments", "states"),
    [
        (["--state", "parked"], ["parked"]),
        (["--state", "sent", "--state", "waiting"], ["waiting", "sent"]),
        (["--limit", "1"], ["waiting"]),
        (["--state", "published"], []),
    ],
)
def test_list_filters_by_state(here: Path, arguments: list[str], states: list[str]) -> None:
    assert [line[0] for line in listed(here, *arguments)] == states


def test_resend_returns_parked_to_waiting(here: Path) -> None:
    resent = orders("outbox", "resend", "--parked", here=here)

    assert (resent.returncode, resent.stdout) == (0, "Requeued 1 event.\n")
    assert [line[:2] for line in listed(here)] == [["waiting", "0"], ["waiting", "0"]]


def test_resend_by_id_returns_sent_to_waiting(here: Path) -> None:
    (sent,) = listed(here, "--state", "sent")
    event_id = sent[-3]

    resent = orders("outbox", "resend", event_id, event_id, here=here)

    assert (resent.returncode, resent.stdout) == (0, "Requeued 1 event.\n")
    assert listed(here, "--state", "sent") == []


def test_resend_names_unknown_ids(here: Path) -> None:
    (sent,) = listed(here, "--state", "sent")
    unknown, other = str(uuid4()), str(uuid4())

    resent = orders("outbox", "resend", unknown, sent[-3], other, here=here)

    assert (resent.returncode, resent.stdout) == (1, "Requeued 1 event.\n")
    assert resent.stderr == f"Error: No parked or published event has the id {unknown}, {other}.\n"


@pytest.mark.parametrize("arguments", [[], ["no-uuid"], ["--state", "sent"]])
def test_invalid_arguments_are_a_usage_error(tmp_path: Path, arguments: list[str]) -> None:
    refused = orders("outbox", "resend", *arguments, here=tmp_path)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("words", [["list"], ["resend", "--parked"]])
def test_missing_database_is_an_error(tmp_path: Path, words: list[str]) -> None:
    assert_error_line(orders("outbox", *words, here=tmp_path), "store")
    url = "postgresql://nobody@127.0.0.1:1/x"
    assert_error_line(orders("outbox", *words, here=tmp_path, DATABASE_URL=url), "store")
