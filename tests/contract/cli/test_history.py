"""orders history"""

import json
from pathlib import Path

import pytest

from orders_domain import Actor, CustomItem, Money, OrderStatus
from orders_domain.model.access import OWNER_ONLY
from orders_domain.model.status import TargetStatus
from orders_domain.use_cases import ChangeStatus, DeleteOrder, PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.command import assert_error_line, orders

ANN = Actor(subject="ann", request_id="request-1")
PAID = TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID}))


@pytest.fixture
def here(migrated: Path) -> Path:
    """A directory whose database has two orders: order 1 was paid, order 2 deleted."""
    container = Container(settings=Settings(database_url=f"sqlite:///{migrated}/orders.db"))
    place = PlaceOrder(actor=ANN, items=(CustomItem({"sku": "Tee \U0001f375"}),), total=Money.of(1, "USD"))
    paid, deleted = (container.place_order(place) for _ in range(2))
    container.change_status(ChangeStatus(actor=ANN, order_id=paid.id, target=PAID))
    container.delete_order(DeleteOrder(actor=Actor(subject="ann"), order_id=deleted.id, access=OWNER_ONLY))
    close(container)
    return migrated


def cells(line: str) -> list[str]:
    return [cell for cell in line.split("  ") if cell.strip()]


@pytest.mark.clause("002-08")
def test_history_prints_one_line_per_change(here: Path) -> None:
    shown = orders("history", "1", here=here)

    heading, *lines = shown.stdout.splitlines()
    assert heading.split() == ["version", "at", "event", "from", "to", "actor", "role", "request", "id", "reason"]
    rows = [[cell.strip() for cell in cells(line)] for line in lines]
    assert [[row[0], *row[2:]] for row in rows] == [
        ["1", "placed", "-", "PENDING", "ann", "customer", "request-1", "-"],
        ["2", "status_changed", "PENDING", "PAID", "ann", "customer", "request-1", "-"],
    ]


@pytest.mark.clause("002-08")
def test_json_history_covers_deleted_order(here: Path) -> None:
    by_number = json.loads(orders("history", "2", "--json", here=here).stdout)

    by_id = json.loads(orders("history", by_number[0]["order_id"], "--json", here=here).stdout)

    assert by_id == by_number
    assert [entry["event"] for entry in by_id] == ["placed", "deleted"]
    assert by_id[0]["details"]["items"] == [{"sku": "Tee \U0001f375"}]
    assert (by_id[1]["actor"], by_id[1]["request_id"], by_id[1]["from_status"]) == ("ann", None, "PENDING")


@pytest.mark.parametrize("order", ["3", "0", "nonsense", "018f0000-0000-7000-8000-000000000000"])
def test_unknown_order_is_an_error(here: Path, order: str) -> None:
    assert_error_line(orders("history", order, here=here), "no such order")


def test_control_characters_are_not_printed(here: Path) -> None:
    container = Container(settings=Settings(database_url=f"sqlite:///{here}/orders.db"))
    evil = Actor(subject="\x1b[2Jeve", request_id="\x1b]0;owned\x07")
    container.place_order(PlaceOrder(actor=evil, items=(CustomItem({}),), total=Money.of(1, "USD")))
    close(container)

    shown = orders("history", "3", here=here)

    assert "\x1b" not in shown.stdout
    assert "eve" in shown.stdout


def test_missing_database_is_an_error(tmp_path: Path) -> None:
    assert_error_line(orders("history", "1", here=tmp_path), "store")
