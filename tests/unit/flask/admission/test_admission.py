"""Admission: complete requests are handed on; a missing body is a 408, a large one a 413, one too many a 503."""

import asyncio
from collections.abc import Callable, Sequence
from io import BytesIO
from threading import Event, Timer
from typing import Any

import pytest
from flask import Flask, request

from orders_domain import Role
from orders_flask import Settings, create_app
from orders_flask.bootstrap.auth import issue_dev_token
from orders_flask.web.admission import AdmissionMiddleware
from orders_flask.web.admission.body_limits import BodyLimits
from orders_flask.web.admission.byte_budget import ByteBudget
from orders_flask.web.admission.request_body import IDLE_TIMEOUT, declared_length, read
from orders_flask.web.admission.responder import CompleteResponse, complete_response
from orders_flask.web.json_parser import MAX_BODY_BYTES
from orders_flask.workers import runner as loop
from tests.support.cases import each_case

SETTINGS = Settings(database_url="memory://")
GONE = {"type": "http.disconnect"}
ORDER = b'{"items": [{"sku": "tea"}], "total_price": 1}'


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """A client that sends these parts of a request, and then nothing."""

    def __init__(self, *parts: dict[str, Any]) -> None:
        self.parts = list(parts)
        self.sent: list[dict[str, Any]] = []
        self.asked = 0

    def request(
        self,
        method: str = "POST",
        path: str = "/orders/",
        *,
        token: bool = True,
        length: int | None = None,
        request_id: str = "",
    ) -> str:
        """The status and the body of the response, or an empty text without a response."""
        bearer = (
            issue_dev_token(SETTINGS, subject="ann", role=Role.CUSTOMER, scopes=(), seconds=60) if token else "none"
        )
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {bearer}",
            "x-request-id": request_id,
        }
        if length is not None:
            headers["content-length"] = str(length)
        elif self.parts:
            headers["transfer-encoding"] = "chunked"
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        asyncio.run(AdmissionMiddleware(create_app(SETTINGS), threads=1, seconds=0.3)(scope, self._receive, self._send))
        body = b"".join(message.get("body", b"") for message in self.sent)
        return " ".join([str(self.sent[0]["status"]), body.decode()]) if self.sent else ""

    async def _receive(self) -> dict[str, Any]:
        self.asked += 1
        if not self.parts:
            await asyncio.Event().wait()
        return self.parts.pop(0)

    async def _send(self, message: Any) -> None:
        self.sent.append(dict(message))


def test_chunked_body_is_joined_without_length() -> None:
    assert Client(part(ORDER[:9]), part(b""), part(ORDER[9:], more=False)).request().startswith("201 ")


def test_server_is_asked_for_bytes_that_follow_only() -> None:
    """Each answer costs two changes of threads, and the last one of a body has no bytes."""
    requests = {"read": Client(), "empty": Client(), "order": Client(part(ORDER[:9]), part(ORDER[9:]))}

    assert requests["read"].request("GET", "/orders/user/ann").startswith("200 ")
    assert requests["empty"].request(length=0).startswith("400 ")
    assert requests["order"].request(length=len(ORDER)).startswith("201 ")

    assert {name: client.asked for name, client in requests.items()} == {"read": 0, "empty": 0, "order": 2}


@each_case(
    ("version", "headers", "length"),
    [
        ("1.1", {}, 0),
        ("1.0", {"content-length": "7"}, 7),
        ("1.1", {"transfer-encoding": "chunked"}, None),
        ("1.1", {"content-length": "7", "transfer-encoding": "chunked"}, None),
        ("1.1", {"transfer-encoding": "chunked", "content-length": "7"}, None),
        ("2", {}, None),
        ("3", {}, None),
        ("2", {"content-length": "7"}, 7),
    ],
)
def test_headers_tell_the_length_of_a_body(version: str, headers: dict[str, str], length: int | None) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]

    assert declared_length({"http_version": version, "headers": pairs}) == length


def test_missing_body_returns_408() -> None:
    response = Client(part(ORDER[:9])).request(length=len(ORDER))

    assert response.startswith('408 {"type":"about:blank","title":"Request Timeout"')


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [("POST", "/orders/", False, "401"), ("GET", "/healthz", False, "200"), ("GET", "/orders/user/ann", True, "200")],
)
def test_request_without_body_ignores_missing_body(method: str, path: str, token: bool, status: str) -> None:
    assert Client(part(b"{")).request(method, path, token=token, length=9).startswith(status)


@pytest.mark.parametrize(("path", "status"), [("/orders/", "401"), ("/nowhere", "404")])
def test_body_without_effect_is_read_before_the_response(path: str, status: str) -> None:
    """Otherwise a proxy that still sends it answers 502 instead."""
    client = Client(*[part(b" " * (MAX_BODY_BYTES // 8))] * 8, part(b" ", more=False))

    assert client.request(path=path, token=False, length=MAX_BODY_BYTES + 1).startswith(status)
    assert client.parts == []


def test_announced_large_body_is_drained_and_rejected() -> None:
    large = b" " * (MAX_BODY_BYTES // 2)
    client = Client(part(large), part(large), part(b" ", more=False))

    assert client.request(length=MAX_BODY_BYTES + 1).startswith("413 ")
    assert client.parts == []


def test_announced_large_body_is_rejected_unsent() -> None:
    assert Client().request(length=MAX_BODY_BYTES + 1).startswith("413 ")


def test_unannounced_large_body_is_discarded() -> None:
    client = Client(*[part(b" " * MAX_BODY_BYTES)] * 20, part(b"", more=False))

    with ByteBudget(MAX_BODY_BYTES * 3).share() as share:
        buffer = asyncio.run(read(client._receive, share, declared=None, limit=MAX_BODY_BYTES, seconds=9))

    assert isinstance(buffer, BytesIO)
    assert MAX_BODY_BYTES < len(buffer.getvalue()) <= 2 * MAX_BODY_BYTES
    assert Client(part(buffer.getvalue(), more=False)).request().startswith("413 ")


def test_response_is_complete_without_a_loop() -> None:
    """A thread that computes a response does not wait for an event loop, which may have stopped."""
    closed = list[bool]()

    class Parts(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def application(environ: Any, start_response: Any) -> Parts:
        start_response("201 Created", [("X-Name", "v")])(b"a")
        return Parts([b"b", b"c"])

    response = complete_response(application, {})

    assert isinstance(response, CompleteResponse)
    assert (response.status, response.headers, response.body) == (201, [(b"x-name", b"v")], b"abc")
    assert closed == [True]


def test_incomplete_body_is_400() -> None:
    """The server reports a chunk that it cannot parse like a client that has disconnected."""
    assert Client(part(ORDER[:9]), GONE).request().startswith("400 ")


def seen(variable: str, *, query: bytes = b"", headers: Sequence[tuple[bytes, bytes]] = ()) -> str:
    """The value of this WSGI variable in the application."""

    app = Flask("seen")
    app.add_url_rule("/", view_func=lambda: request.environ[variable])
    client = Client(part(b"", more=False))
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": query}
    middleware = AdmissionMiddleware(app, threads=1)
    asyncio.run(middleware(scope | {"headers": headers}, client._receive, client._send))
    return b"".join(message.get("body", b"") for message in client.sent).decode()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a=josé&b=茶".encode(), "a=jos%C3%A9&b=%E8%8C%B6"),
        (b"a=\xff", "a=%FF"),
        (b"a=%C3%A9&b=%zz+[x]\"'", "a=%C3%A9&b=%zz+[x]\"'"),
    ],
)
def test_query_accepts_non_ascii_text(sent: bytes, read: str) -> None:
    assert seen("QUERY_STRING", query=sent) == read


def test_header_with_underscores_is_dropped() -> None:
    headers = [(b"x-forwarded-for", b"9.9.9.9"), (b"x_forwarded_for", b"6.6.6.6")]

    assert seen("HTTP_X_FORWARDED_FOR", headers=headers) == "9.9.9.9"


def test_response_parts_stay_in_order() -> None:
    assert {seen("PATH_INFO") for _ in range(200)} == {"/"}


def run_lifespan(*messages: str, on_shutdown: Callable[[], object]) -> list[str]:
    """The messages that the middleware sends for these lifespan messages of the server."""

    async def receive() -> dict[str, Any]:
        return {"type": remaining.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    remaining, sent = list(messages), list[str]()
    asyncio.run(
        AdmissionMiddleware(Flask("none"), threads=1, on_shutdown=on_shutdown)({"type": "lifespan"}, receive, send)
    )
    return sent


def test_shutdown_waits_for_the_running_step() -> None:
    worker, done = Worker(), list[bool]()
    beside = loop.BackgroundWorkers()
    beside.start(worker, name="slow")
    assert worker.begun.wait(5)

    def shut_down() -> None:
        Timer(0.2, worker.go_on.set).start()
        beside.stop()
        done.append(worker.done)

    sent = run_lifespan("lifespan.startup", "lifespan.shutdown", on_shutdown=shut_down)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert done == [True]


def test_shutdown_stops_waiting_at_timeout() -> None:
    worker, beside = Worker(), loop.BackgroundWorkers()
    beside.start(worker, name="stuck")
    assert worker.begun.wait(5)

    beside.stop(timeout=0.05)

    assert worker.stop.is_set()
    assert not worker.done
    worker.go_on.set()


class Worker:
    """A worker with one step that lasts until ``go_on`` is set."""

    def __init__(self) -> None:
        self.stop, self.begun, self.go_on = Event(), Event(), Event()
        self.done = False

    def run(self) -> None:
        self.begun.set()
        self.go_on.wait(5)
        self.done = self.stop.is_set()


@pytest.mark.parametrize("path", ["/healthz", "/orders/"])
def test_event_loop_returns_the_request_id(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(part(b"{"), GONE)
    client.request("GET" if path == "/healthz" else "POST", path, request_id="req-42")
    other = Client(part(b"{"), GONE)
    other.request("GET" if path == "/healthz" else "POST", path, request_id="req 42")

    ids = [dict(sent.sent[0]["headers"])[b"x-request-id"] for sent in (client, other)]

    assert ids[0] == b"req-42"
    assert ids[1] not in (b"req 42", b"")
    assert path == "/healthz" or "req-42" in capsys.readouterr().err


def test_liveness_probe_is_not_logged_at_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert Client().request("GET", "/healthz").startswith("200 ")

    assert capsys.readouterr().err == ""


def test_websockets_are_closed() -> None:
    client = Client()

    asyncio.run(AdmissionMiddleware(Flask("none"), threads=1)({"type": "websocket"}, client._receive, client._send))

    assert client.sent == [{"type": "websocket.close"}]


class Held:
    """An app whose route `/held` waits for ``go_on``, behind admission with one thread."""

    def __init__(self) -> None:
        self.begun, self.go_on = list[str](), Event()
        self.app = create_app(SETTINGS)
        self.app.add_url_rule("/held/<name>", view_func=self._hold)
        self.middleware = AdmissionMiddleware(self.app, threads=1, waiting_per_thread=1)

    def _hold(self, name: str) -> str:
        self.begun.append(name)
        self.go_on.wait(5)
        return name

    async def ask(self, path: str, client: Client) -> int | None:
        """Send a request with what looks like a token; return the status of the response, None without one."""
        headers = [(b"authorization", b"Bearer e30.e30.x")]
        scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": path, "query_string": b""}
        await self.middleware(scope | {"headers": headers}, client._receive, client._send)
        return client.sent[0]["status"] if client.sent else None

    async def ask_soon(self, path: str, *parts: dict[str, Any]) -> "asyncio.Task[int | None]":
        task = asyncio.create_task(self.ask(path, Client(part(b"", more=False), *parts)))
        await asyncio.sleep(0.05)
        return task


def test_as_many_requests_wait_as_run() -> None:
    held = Held()
    held.middleware._requests._seconds = 60  # so that only the length of the queue refuses

    async def run() -> tuple[list[int | None], Client]:
        running, waiting = await held.ask_soon("/held/1"), await held.ask_soon("/held/2")
        one_too_many = Client(part(b"", more=False))
        statuses = [await held.ask("/orders/", one_too_many)]
        statuses += [
            await held.ask(path, Client(part(b"", more=False))) for path in ("/healthz", "/readyz", "/metrics")
        ]
        held.go_on.set()
        return [*statuses, await running, await waiting], one_too_many

    statuses, refused = asyncio.run(run())

    assert statuses == [503, 200, 200, 200, 200, 200]
    assert (b"retry-after", b"1") in refused.sent[0]["headers"]
    assert b'"status":503' in refused.sent[1]["body"]
    assert held.begun == ["1", "2"]


def test_request_of_a_gone_client_is_not_begun() -> None:
    held = Held()

    async def run() -> list[int | None]:
        running, gone = await held.ask_soon("/held/1"), await held.ask_soon("/held/gone", GONE)
        next_one = await held.ask_soon("/held/3")
        held.go_on.set()
        return [await running, await gone, await next_one]

    assert asyncio.run(run()) == [200, None, 200]
    assert held.begun == ["1", "3"]


def test_request_that_waited_too_long_is_not_begun() -> None:
    held = Held()
    held.middleware._requests._seconds = 0.05

    async def run() -> list[int | None]:
        running = await held.ask_soon("/held/1")
        late = await held.ask("/held/late", Client(part(b"", more=False)))
        held.go_on.set()
        return [await running, late, await held.ask("/held/3", Client(part(b"", more=False)))]

    assert asyncio.run(run()) == [200, 503, 200]
    assert held.begun == ["1", "3"]


def test_stopped_bodies_make_room_for_those_that_go_on() -> None:
    app = create_app(SETTINGS)
    middleware = AdmissionMiddleware(app, threads=1, budget=100_000)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/orders/",
        "query_string": b"",
        "headers": [
            (b"authorization", b"Bearer e30.e30.x"),
            (b"content-type", b"application/json"),
            (b"transfer-encoding", b"chunked"),
        ],
    }

    async def run() -> list[int]:
        stopped, going_on = Client(part(b" " * 60_000)), Client(part(b" " * 60_000, more=False))
        first = asyncio.create_task(middleware(dict(scope), stopped._receive, stopped._send))
        await asyncio.sleep(0)
        await middleware(dict(scope), going_on._receive, going_on._send)
        await first
        return [client.sent[0]["status"] for client in (stopped, going_on)]

    assert asyncio.run(run()) == [503, 401]
    assert middleware._bodies.used == middleware._responses.used == 0


def test_stranger_waits_for_nothing_if_many_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is answered, and the bodies of customers keep their room."""
    monkeypatch.setattr("orders_flask.web.admission.middleware.DISCARDED_BUDGET_BYTES", 100_000)
    middleware = AdmissionMiddleware(create_app(SETTINGS), threads=1)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/nowhere",
        "query_string": b"",
        "headers": [(b"content-length", b"400000")],
    }

    async def run() -> tuple[int, int]:
        clients = [Client(part(b" " * 60_000)) for _ in range(2)]
        first, second = [asyncio.create_task(middleware(dict(scope), one._receive, one._send)) for one in clients]
        await asyncio.wait_for(first, IDLE_TIMEOUT / 2)
        assert not second.done()
        used = middleware._bodies.used
        await second
        return int(clients[0].sent[0]["status"]), used

    assert asyncio.run(run()) == (404, 0)
    assert middleware._discarded.used == 0


@each_case(
    ("method", "path", "authorization", "limit"),
    [
        ("POST", "/orders/", "Bearer e30.e30.x", MAX_BODY_BYTES),
        ("POST", "/orders/", "", 0),
        ("POST", "/orders/", "Basic e30.e30.x", 0),
        ("POST", "/nowhere", "Bearer e30.e30.x", 0),
        ("DELETE", "/orders/", "Bearer e30.e30.x", 0),
        ("GET", "/orders/user/ann", "Bearer e30.e30.x", 0),
        ("POST", "/auth/login", "", 16 * 1024),
        ("POST", "/v1/exports/", "Bearer e30.e30.x", MAX_BODY_BYTES),
        ("POST", "/v1/imports/", "Bearer e30.e30.x", SETTINGS.import_max_bytes),
        ("POST", "/v1/imports/", "", 0),
    ],
)
def test_bodies_are_read_only_where_they_matter(method: str, path: str, authorization: str, limit: int) -> None:
    headers = [(b"authorization", authorization.encode())] if authorization else []

    assert BodyLimits(create_app(SETTINGS)).limit({"method": method, "path": path, "headers": headers}) == limit


def test_unread_response_ends_at_its_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("large")
    app.add_url_rule("/", view_func=lambda: "x" * 1_000_000)
    monkeypatch.setattr("orders_flask.web.admission.responder.RESPONSE_TIMEOUT", 0.05)
    client, sent = Client(part(b"", more=False)), list[int]()

    async def send(message: Any) -> None:
        sent.append(len(message.get("body", b"")))
        if sum(sent) > 200_000:
            await asyncio.Event().wait()

    middleware = AdmissionMiddleware(app, threads=1)
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(asyncio.wait_for(middleware(scope, client._receive, send), 5))

    assert max(sent) == 64 * 1024
    assert middleware._responses.used == 0
