"""Prometheus metrics at /metrics, of one process and of several (clause 002-28)."""

import json
import re
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from orders_adapters.system.clock import now
from orders_domain import Role
from orders_domain.ports.outbox import OutboxBacklog
from orders_flask.observability.metrics import SCRAPE_SECONDS, Metrics
from tests.contract.http.shop.client import Shopkeeper
from tests.support.server import Served
from tests.support.servers.redis import RedisServer
from tests.support.service_stack import Stack

PRODUCTS = "/api/v1/products/"
ORDER = {"items": [{"sku": "TEA-1"}], "total_price": 1}


def figures(text: str) -> dict[str, float]:
    """The samples by name and labels, without histogram buckets."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#") and "_bucket" not in line]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.clause("002-28")
def test_use_cases_and_rejections_are_counted(stack: Stack) -> None:
    caller = stack.caller()
    before = figures(caller.ask("GET", "/metrics").text)

    order = caller.place()
    for _ in range(2):
        caller.get(order)
    caller.patch(order, "SHIPPED")
    caller.patch(order, "PAID")
    caller.post({})
    after = figures(caller.ask("GET", "/metrics").text)

    def grew(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grew('orders_use_cases_total{outcome="completed",reason="",use_case="place_order"}') == 1
    assert grew('orders_use_cases_total{outcome="rejected",reason="invalid_transition",use_case="change_status"}') == 1
    assert grew('orders_http_requests_rejected_total{reason="invalid_request"}') == 1
    assert grew('orders_cache_reads_total{outcome="miss"}') == 1
    assert grew('orders_cache_reads_total{outcome="hit"}') == 1
    route = 'method="POST",route="/orders/",status="201"'
    assert grew(f"orders_http_request_duration_seconds_count{{{route}}}") == 1
    assert after["orders_database_up"] == 1
    assert {"orders_cache_circuit_open", "orders_database_connections_in_use"} <= after.keys()


@pytest.mark.clause("002-28")
def test_stock_shortage_is_counted_by_reason(stack: Stack) -> None:
    caller, admin = stack.caller(), stack.caller(role=Role.ADMIN)
    tea = admin.post({"name": "Tea", "price": 1, "stock_quantity": 0}, path=PRODUCTS).json["product_id"]
    name = 'orders_use_cases_total{outcome="rejected",reason="insufficient_stock",use_case="place_catalog_order"}'
    before = figures(caller.ask("GET", "/metrics").text).get(name, 0)

    shipping = dict.fromkeys(("address_line1", "city", "state", "postal_code", "country"), "x")
    body = {f"shipping_{part}": text for part, text in shipping.items()}
    refused = caller.post(body | {"order_items": [{"product_id": tea, "quantity": 1}]}, path="/api/v1/orders/")

    assert refused.status_code == 400
    assert figures(caller.ask("GET", "/metrics").text)[name] - before == 1


@pytest.mark.clause("002-28")
def test_outbox_depth_and_age_are_reported(stack: Stack) -> None:
    stack.relayed()
    caller = stack.caller()
    caller.place()

    waiting = figures(caller.ask("GET", "/metrics").text)
    stack.relayed()
    sent = figures(caller.ask("GET", "/metrics").text)

    assert waiting['orders_outbox_events{state="waiting"}'] == 1
    assert waiting["orders_outbox_oldest_event_age_seconds"] > 0
    assert sent['orders_outbox_events{state="waiting"}'] == 0
    assert sent["orders_outbox_oldest_event_age_seconds"] == 0


@pytest.mark.clause("002-28")
def test_metrics_are_summed_over_processes(tmp_path: Path, redis_server: RedisServer) -> None:
    redis = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": redis_server.prefix}

    with Served(tmp_path, "--workers", "2", **redis) as served, ThreadPoolExecutor(8) as senders:
        headers = {"Authorization": f"Bearer {served.token('ann')}"}

        def ask(_: int) -> int:
            with closing(HTTPConnection("127.0.0.1", served.port, timeout=20)) as connection:
                connection.request("GET", "/orders/user/ann", headers=headers)
                return connection.getresponse().status

        asked, processes, deadline = 0, set[str](), time.monotonic() + 30
        while len(processes) < 2 and time.monotonic() < deadline:  # the system chooses the process of a connection
            assert set(senders.map(ask, range(40))) == {200}
            asked += 40
            processes = set(re.findall(r'"pid": ?(\d+)', served.output))
        with urllib.request.urlopen(f"{served.url}/metrics") as response:
            shown = figures(response.read().decode())

    assert shown['orders_use_cases_total{outcome="completed",reason="",use_case="list_orders"}'] == asked
    assert len(processes) == 2, "both processes answered, or the test shows nothing"


@pytest.mark.clause("002-25")
def test_audit_log_has_one_line_per_action(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        ann, eve = served.token("ann"), served.token("eve")
        order = json.loads(_ask(served, "POST", "/orders/", ann, ORDER))
        _ask(served, "GET", f"/orders/{order['id']}", eve)
        _ask(served, "GET", "/api/v1/orders/1", eve)
        _ask(served, "PATCH", f"/orders/{order['id']}", ann, {"status": "SHIPPED"})
        _ask(served, "PATCH", f"/orders/{order['id']}", ann, {"status": "PAID"})
        _ask(served, "DELETE", "/api/v1/orders/1", ann)
        second = json.loads(_ask(served, "POST", "/orders/", ann, ORDER))
        _ask(served, "DELETE", f"/api/v1/orders/{second['id']}", ann)
    lines = [json.loads(line) for line in served.output.splitlines() if line.startswith("{")]
    entries = [
        (line["event"], line["use_case"], line["user"], line.get("reason")) for line in lines if "use_case" in line
    ]

    assert entries == [
        ("use_case.completed", "place_order", "ann", None),
        ("access.denied", "get_order", "eve", "order_hidden"),
        ("access.denied", "get_order", "eve", "access_denied"),
        ("use_case.completed", "change_status", "ann", None),
        ("use_case.rejected", "change_status", "ann", "invalid_transition"),
        ("use_case.rejected", "delete_order", "ann", "deletion_not_allowed"),
        ("use_case.completed", "place_order", "ann", None),
        ("use_case.completed", "delete_order", "ann", None),
    ]
    assert all(line["request_id"] for line in lines if "use_case" in line)


def _ask(served: Served, method: str, path: str, token: str, body: object = None) -> bytes:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse().read()
    connection.close()
    return response


def test_open_orders_are_counted_by_axes(stack: Stack) -> None:
    caller = stack.caller()
    labels = 'fulfillment="none",held="false",payment="none",status="PENDING"'
    before = figures(caller.ask("GET", "/metrics").text).get(f"orders_open_orders{{{labels}}}", 0)

    caller.place()
    after = figures(caller.ask("GET", "/metrics").text)

    assert after[f"orders_open_orders{{{labels}}}"] == before + 1
    assert after[f"orders_open_orders_oldest_change_age_seconds{{{labels}}}"] >= 0


def test_open_stock_holds_and_unanswered_refunds_are_shown(stack: Stack) -> None:
    admin = stack.caller(role=Role.ADMIN)
    tea = admin.post({"name": "Tea", "price": 1, "stock_quantity": 5}, path=PRODUCTS).json["product_id"]
    names = ("orders_stock_holds_open", "orders_refunds_unanswered")
    before = figures(admin.ask("GET", "/metrics").text)

    shop = Shopkeeper(admin)
    held = shop.post("/stock-holds", {"lines": [{"product_id": tea, "quantity": 1}], "seconds": 600})
    order = shop.place()
    payment = {"provider": "bank", "reference": order["id"], "kind": "captured", "amount_minor": 100}
    shop.change(order, "payments", payment)
    shop.change(order, "refunds", {"amount_minor": 60, "reason": "broken"})
    after = figures(admin.ask("GET", "/metrics").text)

    assert held.status_code == 201
    assert [after[name] - before[name] for name in names] == [1, 1]
    assert after["orders_stock_holds_oldest_age_seconds"] >= 0 == after["orders_stock_holds_overdue_seconds"]
    assert after["orders_refunds_unanswered_oldest_change_age_seconds"] >= 0


def test_hung_database_does_not_hold_up_a_scrape() -> None:
    answered = threading.Event()

    def backlog() -> OutboxBacklog:
        answered.wait(30)
        return OutboxBacklog(waiting=0, parked=0, oldest=None)

    metrics = Metrics(backlog=backlog, clock=now)
    begun = time.monotonic()
    hung = figures(metrics.exposition().get_data(as_text=True))
    took = time.monotonic() - begun
    answered.set()
    well = figures(metrics.exposition().get_data(as_text=True))

    assert hung["orders_database_up"] == 0
    assert took < 5 * SCRAPE_SECONDS
    assert well["orders_database_up"] == 1
