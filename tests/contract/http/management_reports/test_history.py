"""GET /{ref}/history"""

from typing import Any

import pytest

from tests.contract.http.management_reports.reports_client import HOME, ORDERS, Desk, of, refused
from tests.support.client import as_json
from tests.support.examples import NOON


def history(desk: Desk, order: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = of(desk.ann.ask("GET", f"{ORDERS}/{order['order_id']}/history"))
    assert all(entry.keys() == {"at", "actor", "event", "from_status", "to_status", "details"} for entry in found)
    return found


def told(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(entry["actor"], entry["event"], entry["from_status"], entry["to_status"]) for entry in entries]


@pytest.mark.clause("002-08")
def test_history_lists_changes_oldest_first(desk: Desk) -> None:
    order = desk.order({desk.product(): 1})
    for word in ("confirmed", "shipped", "delivered"):
        desk.clock.advance(60)
        desk.become(order, word)

    entries = history(desk, order)

    assert told(entries) == [
        ("ann", "placed", None, "pending"),
        ("root", "status_changed", "pending", "confirmed"),
        ("root", "status_changed", "confirmed", "shipped"),
        ("root", "status_changed", "shipped", "delivered"),
    ]
    assert [entry["at"] for entry in entries] == [
        NOON.replace(minute=minute).isoformat().replace("+00:00", "Z") for minute in range(4)
    ]


@pytest.mark.clause("002-08")
def test_rejected_change_adds_no_history(desk: Desk) -> None:
    order = desk.order({desk.product(): 1})
    path = f"{ORDERS}/{order['order_id']}/status"

    refused(desk.ann.ask("PUT", path, **as_json({"status": "confirmed"})), 403)
    refused(desk.admin.ask("PUT", path, **as_json({"status": "delivered"})), 400)
    of(desk.admin.ask("PUT", path, **as_json({"status": "pending"})))

    assert told(history(desk, order)) == [("ann", "placed", None, "pending")]


@pytest.mark.clause("002-08")
def test_cancellation_has_its_own_entry_kind(desk: Desk) -> None:
    order = desk.order({desk.product(): 1})
    desk.become(order, "cancelled")

    assert told(history(desk, order))[1:] == [("root", "canceled", "pending", "cancelled")]


@pytest.mark.clause("002-08", "002-13")
def test_deleted_order_history_stays_readable(desk: Desk) -> None:
    order = desk.order({desk.product(): 1})
    desk.delete(order)
    path = f"{ORDERS}/{order['order_id']}/history"

    refused(desk.ann.ask("GET", f"{ORDERS}/{order['order_id']}"), 404)
    assert told(history(desk, order)) == [
        ("ann", "placed", None, "pending"),
        ("ann", "deleted", "pending", "pending"),
    ]
    assert of(desk.admin.ask("GET", path)) == history(desk, order)
    refused(desk.bob.ask("GET", path), 403)


@pytest.mark.clause("002-08", "002-35")
def test_first_entry_has_placement_details(desk: Desk) -> None:
    tea, cup = desk.product("Tea", price=2.5), desk.product("Cup", price=10)
    order = desk.order({tea: 4, cup: 3})
    of(desk.admin.ask("PATCH", f"/api/v1/products/{tea}", **as_json({"price": 99})))

    details = history(desk, order)[0]["details"]

    assert details["order_items"] == [
        {name: item[name] for name in ("product_id", "quantity", "unit_price", "subtotal")}
        for item in order["order_items"]
    ]
    assert {name: details[name] for name in HOME} == HOME
    for name in ("user_id", "total_amount", "currency", "shipping_address_line2"):
        assert details[name] == order[name]


def test_custom_items_are_shown_as_sent(desk: Desk) -> None:
    items = [{"sku": "LAMP", "note": "<b>'; DROP TABLE orders; --"}]
    of(desk.ann.post({"items": items, "total_price": 1}, path="/orders/"), 201)

    (entry,) = history(desk, {"order_id": 1})

    assert (entry["details"]["items"], entry["details"]["order_items"]) == (items, [])
    assert entry["details"]["shipping_city"] is None
