"""The stock ledger and the history of a product, for administrators."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.management.client import PRODUCTS, Shopper, shopper
from tests.support.client import ask
from tests.support.service_stack import Stack


@pytest.mark.clause("002-02", "002-08")
def test_ledger_names_order_actor_and_stock(stack: Stack, root: Shopper) -> None:
    tea = root.product(stock=5)
    ann = shopper(stack)
    order = ann.ordered((tea, 2))
    root.put(order, "cancelled")
    root.post({"quantity": 10}, path=f"{PRODUCTS}/{tea['product_id']}/restock")

    first = root.ask("GET", f"{PRODUCTS}/{tea['product_id']}/movements?limit=3")
    last = root.ask("GET", first.headers["Link"].partition(">")[0].removeprefix("<"))

    shown = [
        (entry["kind"], entry["quantity"], entry["stock_after"], entry["order_id"], entry["actor"])
        for entry in first.json + last.json
    ]
    assert shown == [
        ("restocked", 10, 15, None, root.subject),
        ("released", 2, 5, order["order_id"], root.subject),
        ("deducted", -2, 3, order["order_id"], ann.subject),
        ("initial", 5, 5, None, root.subject),
    ]
    assert "Link" not in last.headers


@pytest.mark.clause("002-08")
def test_history_tells_who_changed_what(root: Shopper) -> None:
    tea = root.product(stock=5, price=2.5)
    path = f"{PRODUCTS}/{tea['product_id']}"
    change = {"price": 3, "name": "Assam", "low_stock_threshold": 1}
    root.ask("PATCH", path, headers={"X-Request-ID": "request-7"}, json=change)
    root.ask("PATCH", path, json={"stock_quantity": 9})

    stocked, changed, added = root.ask("GET", f"{path}/history").json

    assert stocked["changes"] == {"stock_quantity": {"from": 5, "to": 9}}
    assert changed["changes"] == {
        "price": {"from": 2.5, "to": 3.0},
        "name": {"from": tea["name"], "to": "Assam"},
        "low_stock_threshold": {"from": tea["low_stock_threshold"], "to": 1},
    }
    assert [changed[name] for name in ("version", "event", "actor", "role", "request_id")] == [
        *(2, "updated", root.subject, "admin", "request-7")
    ]
    assert (added["event"], added["changes"]["price"]) == ("added", {"from": None, "to": 2.5})


@pytest.mark.parametrize("page", ["movements", "history"])
def test_audit_is_for_administrators_only(stack: Stack, root: Shopper, page: str) -> None:
    path = f"{PRODUCTS}/{root.product()['product_id']}/{page}"

    assert ask(stack.app, "GET", path).status_code == 401
    assert shopper(stack).ask("GET", path).status_code == 403
    assert root.ask("GET", f"{PRODUCTS}/999999/{page}").status_code == 404
    assert root.ask("GET", f"{path}?limit=0").status_code == 400
    assert root.ask("GET", f"{path}?cursor=AAAAAAAAAAA").status_code == 400
    assert root.ask("GET", f"{path}?colour=red").status_code == 400


def test_public_products_have_no_public_ledger(build: Callable[..., Stack]) -> None:
    stack = build(replace(Settings(database_url="memory://"), products_public="on"))
    tea = shopper(stack, "root", role=Role.ADMIN).product()

    assert ask(stack.app, "GET", f"{PRODUCTS}/{tea['product_id']}").status_code == 200
    assert ask(stack.app, "GET", f"{PRODUCTS}/{tea['product_id']}/movements").status_code == 401
