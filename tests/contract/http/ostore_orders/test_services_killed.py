"""Process killed (kill -9) while it places an order through external services: the next process settles the rest."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orders_flask import Settings
from tests.contract.faults.service import within
from tests.contract.http.ostore_orders.client import body
from tests.contract.http.ostore_orders.services import STEPS, TEA, Elsewhere
from tests.support.command import environment
from tests.support.depth import deep
from tests.support.process_pool import Forked
from tests.support.secrets import JWT_SECRET
from tests.support.server import Served
from tests.support.servers.ephemeral import processes
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.services import CatalogueService, ShipmentService
from tests.support.servers.tables import migrated
from tests.support.service_stack import Stack

SQLITE = pytest.param("sqlite", marks=pytest.mark.deep)  # the kill is the same on SQLite
QUICK = {STEPS[0], STEPS[-1]}  # the first step, before which nothing is held, and the last, after which everything is


@pytest.fixture(params=[SQLITE, "postgresql"])
def shop(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    build: Callable[..., Stack],
    catalogue: CatalogueService,
    carrier: ShipmentService,
) -> Iterator[Elsewhere]:
    """The state after the process was killed, and a second service on the same database."""
    settings = Settings(catalog_service_url=catalogue.url, shipment_service_url=carrier.url)
    if request.param == "sqlite":
        yield opened(build(settings), catalogue, carrier)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    yield opened(build(replace(settings, database_url=url)), catalogue, carrier)
    server.drop(url)


def opened(stack: Stack, catalogue: CatalogueService, carrier: ShipmentService) -> Elsewhere:
    migrated(stack.container)
    return Elsewhere.opened(stack, catalogue, carrier)


@contextmanager
def serving(shop: Elsewhere, directory: Path) -> Iterator[Served]:
    """Run the service in a separate process."""
    named = {"DATABASE_URL": shop.stack.settings.database_url} if shop.stack.settings.database_url else {}
    services = {"CATALOG_SERVICE_URL": shop.catalogue.url, "SHIPMENT_SERVICE_URL": shop.carrier.url}
    with Served(directory, **named, **services, JWT_SECRET=JWT_SECRET) as served:
        yield served


def ask(shop: Elsewhere, served: Served, *, key: str = "k-1") -> dict[str, Any] | None:
    """Place an order; return the response, or None if the process is gone."""
    headers = {
        "Authorization": f"Bearer {shop.ann.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    sent = json.dumps(body((TEA, 2), user=shop.ann.subject)).encode()
    request = urllib.request.Request(f"{served.url}/ostore/orders", data=sent, headers=headers)
    with suppress(OSError, HTTPException), urllib.request.urlopen(request, timeout=60) as response:
        return dict(json.load(response))
    return None


def kill_at(shop: Elsewhere, step: str, directory: Path) -> None:
    """Kill the process while it waits for the response of a completed step."""
    service, method = shop.serving(step)
    go_on = service.hold(method)
    with serving(shop, directory) as served, ThreadPoolExecutor(1) as customer:
        response = customer.submit(ask, shop, served)
        assert service.arrived.acquire(timeout=30)
        processes.kill(served.process)
        go_on()
        assert response.result(60) is None
    service.reset()


@pytest.mark.clause("003-04")
@pytest.mark.parametrize(
    ("shop", "step"),
    [
        *(("postgresql", step) for step in STEPS if step in QUICK),
        *(pytest.param("postgresql", step, marks=pytest.mark.deep) for step in STEPS if step not in QUICK),
        *(pytest.param("sqlite", step, marks=pytest.mark.deep) for step in STEPS),
    ],
    indirect=["shop"],
)
def test_killed_process_leaves_no_reservation(shop: Elsewhere, tmp_path: Path, step: str) -> None:
    kill_at(shop, step, tmp_path)
    assert shop.something_is_held() == (step != "GET product")

    shop.settle()

    assert shop.require_consistent() == {}
    assert shop.catalogue.products[TEA]["quantity"] == 10
    assert shop.wants((TEA, 2), key="k-1").status_code == 201
    assert len(shop.require_consistent()) == 1


@pytest.mark.clause("003-04")
@pytest.mark.parametrize("shop", ["postgresql"], indirect=True)
def test_process_killed_in_commit_leaves_nothing(shop: Elsewhere, tmp_path: Path) -> None:
    url = shop.stack.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(url) as other, serving(shop, tmp_path) as served, ThreadPoolExecutor(1) as customer:
        go_on = shop.carrier.hold("POST")
        response = customer.submit(ask, shop, served)
        assert shop.carrier.arrived.acquire(timeout=30)
        other.execute("LOCK TABLE orders IN EXCLUSIVE MODE")  # the order waits, its reservation is stored
        go_on()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
        within(20, lambda: bool(other.execute(waiting).fetchall()[0][0]), "the order does not wait")
        processes.kill(served.process)
        assert response.result(60) is None
    open_ones = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND backend_type = 'client backend' "
        "AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    )
    within(20, lambda: shop.stack.rows(open_ones) == [(0,)], "the transaction is not undone")
    assert shop.reservations() == ["pending"]

    shop.settle()

    assert shop.require_consistent() == {}


@pytest.mark.clause("003-04")
def test_next_process_settles_within_a_minute(shop: Elsewhere, tmp_path: Path) -> None:
    kill_at(shop, "POST shipment", tmp_path)
    began = time.monotonic()
    if not deep():
        shop.stack.rows("UPDATE reservations SET due_at = created_at")  # as if the lease of 25 seconds had expired

    with serving(shop, tmp_path):
        within(60, lambda: not shop.something_is_held() and not shop.reservations(), "it does not settle")
    print(f"settled {time.monotonic() - began:.1f} s after the kill")

    assert shop.require_consistent() == {}


@pytest.mark.clause("003-04")
def test_relay_settles_reservations(shop: Elsewhere, tmp_path: Path) -> None:
    kill_at(shop, "POST shipment", tmp_path)
    shop.stack.rows("UPDATE reservations SET due_at = created_at")
    named = {"DATABASE_URL": shop.stack.settings.database_url} if shop.stack.settings.database_url else {}
    services = {"CATALOG_SERVICE_URL": shop.catalogue.url, "SHIPMENT_SERVICE_URL": shop.carrier.url}

    relay = Forked(["relay"], environment(**named, **services), tmp_path / "relay.log", here=tmp_path)
    try:
        within(30, lambda: not shop.something_is_held() and not shop.reservations(), "it does not settle")
    finally:
        processes.kill(relay)

    assert shop.require_consistent() == {}


@pytest.mark.clause("003-04")
def test_killed_release_is_finished_by_the_next(shop: Elsewhere, tmp_path: Path) -> None:
    order = shop.wants((TEA, 2)).json
    go_on = shop.carrier.hold("DELETE")
    with serving(shop, tmp_path) as served:
        shop.stack.rows(
            "UPDATE reservations SET state = 'releasing', due_at = created_at"  # as if the order had been cancelled
        )
        shop.stack.rows(f"UPDATE orders SET status = 'CANCELED' WHERE number = {order['orderID']}")
        assert shop.carrier.arrived.acquire(timeout=30)
        processes.kill(served.process)
        go_on()
    shop.carrier.reset()

    shop.settle()

    assert shop.require_consistent() == {}
