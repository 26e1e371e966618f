"""Messages of an order: each committed change is published once, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.support.client import TEA, Caller
from tests.support.service_stack import Stack


@pytest.fixture(autouse=True)
def drained_outbox(stack: Stack) -> None:
    """Drain the outbox, because earlier tests may have left events."""
    stack.relayed()


@pytest.mark.clause("000-05", "001-05", "001-08")
def test_placed_order_publishes_task_and_event(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    published = stack.relayed()

    (task,) = published.tasks_of(order)
    assert (task["order_id"], task["user_id"]) == (order["id"], ann.subject)
    assert published.news_of(order) == ["orders.order_placed.v1"]
    assert not stack.relayed().news


@pytest.mark.clause("000-22", "001-05")
@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_messages_have_celery_and_cloudevent_form(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    published = stack.relayed()

    (task,), ((key, event),) = published.tasks, published.news
    whose = {"order_id": order["id"], "user_id": ann.subject}
    assert (task["task"], task["args"], task["kwargs"]) == ("orders.new_order", [], whose)
    assert event | {"id": "", "time": "", "data": {}} == {
        "specversion": "1.0",
        "id": "",
        "source": "/orders",
        "type": key,
        "subject": order["id"],
        "time": "",
        "datacontenttype": "application/json",
        "orderversion": 1,
        "data": {},
    }
    assert datetime.fromisoformat(event["time"]) == datetime.fromisoformat(order["created_at"])
    assert event["data"].items() >= whose.items()
    assert UUID(task["id"]) == UUID(event["id"])


def test_changes_are_published_in_order(stack: Stack, ann: Caller) -> None:
    order, other = ann.place(), ann.place()
    for status in ("PAID", "PAID", "SHIPPED", "PENDING"):
        ann.patch(order, status)
    ann.patch(other, "CANCELED")

    published = stack.relayed()

    assert published.news_of(order) == ["orders.order_placed.v1"] + ["orders.order_status_changed.v1"] * 2
    assert published.news_of(other) == ["orders.order_placed.v1", "orders.order_canceled.v1"]
    assert len(published.tasks_of(order)) == len(published.tasks_of(other)) == 1


@pytest.mark.clause("000-06", "000-21")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [TEA], "total_price": -1},
        {"items": [TEA], "total_price": 1},
        [],
        {"status": "PAID"},
    ],
)
def test_invalid_order_publishes_nothing(stack: Stack, ann: Caller, body: object) -> None:
    assert ann.post(body).status_code == 422

    assert not stack.relayed().news


@contextmanager
def refusing(stack: Stack, table: str) -> Iterator[None]:
    """Let the database reject every insert into the table during the block."""
    if stack.settings.uses_default_database:
        stack.rows(f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END")
    else:
        stack.rows("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
        stack.rows(f"CREATE TRIGGER no BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no()")
    try:
        yield
    finally:
        stack.rows("DROP TRIGGER no" if stack.settings.uses_default_database else "DROP FUNCTION no CASCADE")


@pytest.mark.clause("000-21")
@pytest.mark.parametrize("table", ["orders", "order_history", "outbox"])
def test_unstored_order_publishes_nothing(stack: Stack, ann: Caller, table: str) -> None:
    before = stack.contents()

    with refusing(stack, table):
        response = ann.post({"items": [TEA], "total_price": 75})

    assert response.status_code >= 500
    assert response.mimetype == "application/problem+json"
    assert "Traceback" not in response.text
    assert not stack.relayed().news
    assert stack.contents() == before
    assert ann.list().json == []


@pytest.mark.parametrize("table", ["order_history", "outbox"])
def test_unstored_change_is_rolled_back(stack: Stack, ann: Caller, table: str) -> None:
    order = ann.place()
    stack.relayed()

    with refusing(stack, table):
        response = ann.patch(order, "PAID")

    assert response.status_code >= 500
    assert not stack.relayed().news
    assert ann.get(order).json == order


def test_event_has_user_and_both_statuses(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    ann.patch(order, "PAID")

    events: list[dict[str, Any]] = [event["data"] for _, event in stack.relayed().news]

    assert [(data["user_id"], data["status"], data["previous_status"]) for data in events] == [
        (ann.subject, "PENDING", None),
        (ann.subject, "PAID", "PENDING"),
    ]
