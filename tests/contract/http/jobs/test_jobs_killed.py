"""Process killed (kill -9) during a job: the next process resumes it, and no order is changed twice."""

import json
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orders_domain import Actor, CustomItem, Money, Role
from orders_domain.use_cases import PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.depth import deep, effort
from tests.support.secrets import JWT_SECRET
from tests.support.server import Served
from tests.support.servers.ephemeral import processes
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.tables import migrated

ORDERS = effort(120, 400)
PREFIX = "/api/v1/orders"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/orders.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture
def container(database: str) -> Iterator[Container]:
    """The container of the service, with its orders placed."""
    container = migrated(Container(settings=Settings(database_url=database, jwt_secret=JWT_SECRET)))
    tea = PlaceOrder(actor=Actor(subject="ann"), items=(CustomItem({"sku": "tea"}),), total=Money(1, "USD"))
    for _ in range(ORDERS):
        container.place_order(tea)
    yield container
    close(container)


def call(served: Served, token: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(served.url + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return dict(json.load(response))


def wait_for(seen: set[int], served: Served, token: str, path: str, *, until: int) -> dict[str, Any]:
    """Poll the job until it has processed the given number of orders."""
    deadline = time.monotonic() + 40
    while True:
        job = call(served, token, path)
        seen.add(job["done"])
        if job["done"] >= until:
            return job
        assert time.monotonic() < deadline, f"{job['done']} orders in 40 s"
        time.sleep(0.005)


def histories(database: str) -> list[tuple[int, int]]:
    """The number of history entries and of events of each order."""
    query = (
        "SELECT (SELECT count(*) FROM order_history h WHERE h.order_id = o.id), "
        "(SELECT count(*) FROM outbox e WHERE e.order_id = o.id) FROM orders o"
    )
    return [(int(a), int(b)) for a, b in execute(database, query)]


def execute(database: str, statement: str) -> list[tuple[Any, ...]]:
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as file, file:
            return file.execute(statement).fetchall()
    with psycopg.connect(database.replace("+psycopg", "")) as server:
        cursor = server.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.clause("002-34")
def test_killed_job_is_resumed_without_repeats(database: str, container: Container, tmp_path: Path) -> None:
    token = container.issue_dev_token(subject="root", role=Role.ADMIN, scopes=(), seconds=3600)
    seen: set[int] = set()
    with Served(tmp_path, "--no-relay", DATABASE_URL=database, JWT_SECRET=JWT_SECRET) as first:
        body = {"order_ids": list(range(1, ORDERS + 1)), "status": "shipped"}
        job = call(first, token, f"{PREFIX}/bulk/status", body, Prefer="respond-async")
        path = f"{PREFIX}/jobs/{job['job_id']}"
        wait_for(seen, first, token, path, until=40)
        processes.kill(first.process)

    with Served(tmp_path, "--no-relay", DATABASE_URL=database, JWT_SECRET=JWT_SECRET) as second:
        finished = call(second, token, path)
        if not deep():
            execute(database, "UPDATE jobs SET leased_until = created_at")  # as if the lease of ten seconds had expired
        done = wait_for(seen, second, token, path, until=ORDERS)

    assert 40 <= finished["done"] < ORDERS
    assert finished["status"] == "running"
    assert (done["status"], done["failed"]) == ("done", [])
    assert done["updated"] == body["order_ids"]
    assert len(seen) > 5  # progress was visible
    assert histories(database) == [(2, 3)] * ORDERS  # placed, changed, and its user notified
