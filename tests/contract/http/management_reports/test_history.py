"""GET /{ref}/history"""

from typing import Any

import pytest

from orders_adapters.testing.examples import NOON
from tests.contract.http.management_reports.reports_client import HOME, ORDERS, ReportsShop, of, refused
from tests.support.client import as_json


def history(shop: ReportsShop, order: dict[str, Any]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = of(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}/history"))
    members = {"at", "actor", "role", "request_id", "event", "from_status", "to_status", "details"}
    assert all(entry.keys() == members for entry in entries)
    return entries


def summaries(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(entry["actor"], entry["event"], entry["from_status"], entry["to_status"]) for entry in entries]


@pytest.mark.clause("002-08")
def test_history_lists_changes_oldest_first(shop: ReportsShop) -> None:
    order = shop.order({shop.product(): 1})
    for word in ("confirmed", "shipped", "delivered"):
        shop.clock.advance(60)
        shop.become(order, word)

    entries = history(shop, order)

    assert summaries(entries) == [
        ("ann", "placed", None, "pending"),
        ("root", "status_changed", "pending", "confirmed"),
        ("root", "status_changed", "confirmed", "shipped"),
        ("root", "status_changed", "shipped", "delivered"),
    ]
    assert [entry["role"] for entry in entries] == ["customer", "admin", "admin", "admin"]
    assert len({entry["request_id"] for entry in entries} - {None}) == 4
    assert [entry["at"] for entry in entries] == [
        NOON.replace(minute=minute).isoformat().replace("+00:00", "Z") for minute in range(4)
    ]


@pytest.mark.clause("002-08")
def test_rejected_change_adds_no_history(shop: ReportsShop) -> None:
    order = shop.order({shop.product(): 1})
    path = f"{ORDERS}/{order['order_id']}/status"

    refused(shop.ann.ask("PUT", path, **as_json({"status": "confirmed"})), 403)
    refused(shop.admin.ask("PUT", path, **as_json({"status": "delivered"})), 400)
    of(shop.admin.ask("PUT", path, **as_json({"status": "pending"})))

    assert summaries(history(shop, order)) == [("ann", "placed", None, "pending")]


@pytest.mark.clause("002-08")
def test_cancellation_has_its_own_entry_kind(shop: ReportsShop) -> None:
    order = shop.order({shop.product(): 1})
    shop.become(order, "cancelled")

    assert summaries(history(shop, order))[1:] == [("root", "canceled", "pending", "cancelled")]


@pytest.mark.clause("002-08", "002-13")
def test_deleted_order_history_stays_readable(shop: ReportsShop) -> None:
    order = shop.order({shop.product(): 1})
    shop.delete(order)
    path = f"{ORDERS}/{order['order_id']}/history"

    refused(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}"), 404)
    assert summaries(history(shop, order)) == [
        ("ann", "placed", None, "pending"),
        ("ann", "deleted", "pending", "pending"),
    ]
    assert of(shop.admin.ask("GET", path)) == history(shop, order)
    refused(shop.bob.ask("GET", path), 403)


@pytest.mark.clause("002-08", "002-35")
def test_first_entry_has_placement_details(shop: ReportsShop) -> None:
    tea, cup = shop.product("Tea", price=2.5), shop.product("Cup", price=10)
    order = shop.order({tea: 4, cup: 3})
    of(shop.admin.ask("PATCH", f"/api/v1/products/{tea}", **as_json({"price": 99})))

    details = history(shop, order)[0]["details"]

    assert details["order_items"] == [
        {name: item[name] for name in ("product_id", "quantity", "unit_price", "subtotal")}
        for item in order["order_items"]
    ]
    assert {name: details[name] for name in HOME} == HOME
    for name in ("user_id", "total_amount", "currency", "shipping_address_line2"):
        assert details[name] == order[name]


def test_custom_items_are_shown_as_sent(shop: ReportsShop) -> None:
    items = [{"sku": "LAMP", "note": "<b>'; DROP TABLE orders; --"}]
    of(shop.ann.post({"items": items, "total_price": 1}, path="/orders/"), 201)

    (entry,) = history(shop, {"order_id": 1})

    assert (entry["details"]["items"], entry["details"]["order_items"]) == (items, [])
    assert entry["details"]["shipping_city"] is None
