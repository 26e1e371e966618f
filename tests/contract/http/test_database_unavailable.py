"""Database outage: 503 with Retry-After, and recovery when the database is back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from orders_flask import Settings
from orders_flask.app import container_of
from orders_flask.bootstrap.container import Container
from tests.support.client import TEA, Answer, Caller, as_json, ask, refused
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.proxy import Proxy
from tests.support.service_stack import Stack

Requests = dict[str, Callable[[Caller], Answer]]
ROUTES: Requests = {
    "place": lambda caller: caller.post({"items": [TEA], "total_price": 75}),
    "get": lambda caller: caller.ask("GET", f"/orders/{uuid4()}"),
    "change": lambda caller: caller.ask("PATCH", f"/orders/{uuid4()}", **as_json({"status": "PAID"})),
    "list": lambda caller: caller.list(),
    "the next page": lambda caller: caller.list("?limit=1&cursor=AAZgvzvJOKoBofu1MXZwbooFMV4e18Bw"),
}


@pytest.fixture
def network(real_stack: Stack) -> Iterator[Proxy]:
    """The proxy between the service and its database."""
    with Proxy.before(real_stack.settings.database_url) as network:
        yield network


@pytest.fixture
def far(real_stack: Stack, network: Proxy, build: Callable[..., Stack]) -> Stack:
    """A service that connects to the database through the proxy, with an open connection."""
    url = network.through(real_stack.settings.database_url)
    stack = build(replace(real_stack.settings, database_url=url, log_level="ERROR"))
    stack.caller().place()
    return stack


def request_all(caller: Caller) -> dict[str, Answer]:
    with ThreadPoolExecutor(len(ROUTES)) as threads:
        requests = {name: threads.submit(route, caller) for name, route in ROUTES.items()}
        return {name: request.result() for name, request in requests.items()}


def assert_unavailable(response: Answer) -> None:
    body = refused(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert not any(
        word in response.text.lower() for word in ("sqlalchemy", "psycopg", "sqlite", "connection", "127.0.0.1")
    )
    assert body["detail"] == "The service is temporarily unavailable; please retry."


def test_lost_database_is_503_on_every_route(far: Stack, network: Proxy) -> None:
    ann = far.caller()
    network.cut()

    responses = [route(ann) for route in ROUTES.values()]
    network.restore()

    for response in responses:
        assert_unavailable(response)
    assert ann.list().json == []
    assert ann.post({"items": [TEA], "total_price": 75}).status_code == 201


def test_hanging_database_is_503_in_time(far: Stack, network: Proxy) -> None:
    ann = far.caller()
    network.hang()

    began = time.monotonic()
    responses = request_all(ann)
    took = time.monotonic() - began
    network.restore()

    for response in responses.values():
        assert_unavailable(response)
    assert took < 15
    assert ann.list().status_code == 200


def test_cached_order_survives_database_outage(far: Stack, network: Proxy) -> None:
    ann = far.caller()
    order = ann.place()
    deadline = time.monotonic() + 10
    while not far.cached(order) and time.monotonic() < deadline:  # a Redis that answers late is passed over
        ann.get(order)
    network.cut()

    while (answer := ann.get(order)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (answer.status_code, answer.json) == (200, order)


def test_database_outage_makes_service_unready(far: Stack, network: Proxy) -> None:
    before = ask(far.app, "GET", "/readyz")
    network.cut()

    gone, alive, measured = (ask(far.app, "GET", path) for path in ("/readyz", "/healthz", "/metrics"))
    network.restore()
    after = ask(far.app, "GET", "/readyz")

    assert (before.status_code, after.status_code) == (200, 200)
    assert (gone.status_code, alive.status_code, measured.status_code) == (503, 200, 200)
    assert gone.json["status"] == "unavailable"
    assert gone.json["checks"] == {"database": "unavailable", "cache": "ok", "broker": "ok"}


def test_unreachable_database_is_503(real_stack: Stack, build: Callable[..., Stack]) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    stack = build(replace(real_stack.settings, database_url=url, log_level="ERROR"))

    for route in ROUTES.values():
        assert_unavailable(route(stack.caller()))
    assert ask(stack.app, "GET", "/readyz").status_code == 503


@pytest.fixture(params=["a directory", "no database", "not migrated"])
def broken_file(request: pytest.FixtureRequest, tmp_path: Path, build: Callable[..., Stack]) -> Stack:
    """The embedded service with an unusable database file."""
    if request.param == "a directory":
        (tmp_path / "orders.db").mkdir()
    elif request.param == "no database":
        (tmp_path / "orders.db").write_text("this is a shopping list, not a database\n" * 100)
    settings = Settings(log_level="ERROR")
    return build(settings, container=Container(settings=settings))


def test_corrupt_database_file_is_503(broken_file: Stack) -> None:
    for route in ROUTES.values():
        assert_unavailable(route(broken_file.caller()))

    ready = ask(broken_file.app, "GET", "/readyz")
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, "unavailable")
    assert ask(broken_file.app, "GET", "/healthz").status_code == 200


def test_unmigrated_database_is_503_and_logged(postgres_server: PostgresServer, build: Callable[..., Stack]) -> None:
    stack = build(Settings(database_url=postgres_server.database(), log_level="WARNING"))
    relay = container_of(stack.app).relay()
    deadline = time.monotonic() + 20

    with capture_logs() as logs, ThreadPoolExecutor(1) as thread:
        running = thread.submit(relay.run)
        while not logs and time.monotonic() < deadline:
            time.sleep(0.01)
        relay.stop.set()
        running.result()

    assert (logs[0]["event"], logs[0]["worker"]) == ("worker.paused", "outbox relay")
    assert "run: orders migrate" in logs[0]["error"]
    response = stack.caller().list()
    assert_unavailable(response)
    assert "migrate" not in response.text
