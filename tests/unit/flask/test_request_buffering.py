"""Request buffering: complete requests are handed on; a missing body is a 408, and a large one a 413."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, Timer
from typing import Any

import pytest

from orders_domain import Role
from orders_flask import Settings, create_app
from orders_flask.bootstrap.auth import issue_dev_token
from orders_flask.web.json_parser import MAX_BODY_BYTES
from orders_flask.web.request_buffering import RequestBufferingMiddleware, _body, _Responder
from orders_flask.workers import runner as loop

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

    def request(
        self, method: str = "POST", path: str = "/orders/", *, token: bool = True, length: int | None = None
    ) -> str:
        """The status and the body of the response, or an empty text without a response."""
        bearer = (
            issue_dev_token(SETTINGS, subject="ann", role=Role.CUSTOMER, scopes=(), seconds=60) if token else "none"
        )
        headers = {"content-type": "application/json", "authorization": f"Bearer {bearer}"}
        if length is not None:
            headers["content-length"] = str(length)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        asyncio.run(
            RequestBufferingMiddleware(create_app(SETTINGS), threads=1, seconds=0.3)(scope, self._receive, self._send)
        )
        body = b"".join(message.get("body", b"") for message in self.sent)
        return " ".join([str(self.sent[0]["status"]), body.decode()]) if self.sent else ""

    async def _receive(self) -> dict[str, Any]:
        if not self.parts:
            await asyncio.Event().wait()
        return self.parts.pop(0)

    async def _send(self, message: Any) -> None:
        self.sent.append(dict(message))


def test_chunked_body_is_joined_without_length() -> None:
    assert Client(part(ORDER[:9]), part(b""), part(ORDER[9:], more=False)).request().startswith("201 ")


def test_missing_body_returns_408() -> None:
    response = Client(part(ORDER[:9])).request(length=len(ORDER))

    assert response.startswith('408 {"type":"about:blank","title":"Request Timeout"')


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [("POST", "/orders/", False, "401"), ("GET", "/healthz", False, "200"), ("GET", "/orders/user/ann", True, "200")],
)
def test_request_without_body_ignores_missing_body(method: str, path: str, token: bool, status: str) -> None:
    assert Client(part(b"{")).request(method, path, token=token, length=9).startswith(status)


def test_announced_large_body_is_drained_and_rejected() -> None:
    large = b" " * (MAX_BODY_BYTES // 2)
    client = Client(part(large), part(large), part(b" ", more=False))

    assert client.request(length=MAX_BODY_BYTES + 1).startswith("413 ")
    assert client.parts == []


def test_announced_large_body_is_rejected_unsent() -> None:
    assert Client().request(length=MAX_BODY_BYTES + 1).startswith("413 ")


def test_unannounced_large_body_is_discarded() -> None:
    client = Client(*[part(b" " * MAX_BODY_BYTES)] * 20, part(b"", more=False))

    buffer = asyncio.run(_body(client._receive, idle_timeout=9))

    assert buffer is not None
    assert MAX_BODY_BYTES < len(buffer.getvalue()) <= 2 * MAX_BODY_BYTES
    assert Client(part(buffer.getvalue(), more=False)).request().startswith("413 ")


def test_thread_does_not_wait_for_closed_loop() -> None:
    loop = asyncio.new_event_loop()
    responder = loop.run_until_complete(_responder())
    thread = Thread(target=responder.send, args=({"type": "http.response.body", "body": b""},), daemon=True)

    thread.start()
    thread.join(5)

    assert not thread.is_alive()
    loop.close()


async def _responder() -> _Responder:
    return _Responder(lambda *_: [], ThreadPoolExecutor(1), send_queue_size=0)


def test_disconnected_client_gets_no_response() -> None:
    assert Client(part(ORDER[:9]), GONE).request() == ""


def seen(variable: str, *, query: bytes = b"", headers: Sequence[tuple[bytes, bytes]] = ()) -> str:
    """The value of this WSGI variable in the application."""

    def tell(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ[variable].encode()]

    client = Client(part(b"", more=False))
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": query}
    middleware = RequestBufferingMiddleware(tell, threads=1)
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
    """What the middleware sends for these lifespan messages of the server."""

    async def receive() -> dict[str, Any]:
        return {"type": remaining.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    remaining, sent = list(messages), list[str]()
    asyncio.run(
        RequestBufferingMiddleware(None, threads=1, on_shutdown=on_shutdown)({"type": "lifespan"}, receive, send)
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


def test_websockets_are_closed() -> None:
    client = Client()

    asyncio.run(RequestBufferingMiddleware(None, threads=1)({"type": "websocket"}, client._receive, client._send))

    assert client.sent == [{"type": "websocket.close"}]
