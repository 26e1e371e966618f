"""ASGI middleware that buffers the request body before a worker thread handles the request."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from string import printable
from typing import Any
from urllib.parse import quote

from a2wsgi.wsgi import WSGIResponder
from werkzeug.exceptions import RequestTimeout

from orders_flask.web.json_parser import MAX_BODY_BYTES

BODY_TIMEOUT = 30.0
"""Seconds for the whole body to arrive; the server has the same timeout for the headers."""

IDLE_TIMEOUT = 1.0
"""Seconds without data after which a body that is declared too large is rejected."""

_BODY = "orders.body"


class RequestBufferingMiddleware:
    """Runs a WSGI application behind ASGI; a slow client occupies a socket, not a worker thread.

    A timeout is raised when the application reads the body, so that the contract renders the 408 response. A body that
    is too large is read to its end and discarded, because a client does not read a response while it is sending.
    """

    def __init__(
        self,
        application: Any,
        *,
        threads: int,
        seconds: float = BODY_TIMEOUT,
        on_shutdown: Callable[[], object] = lambda: None,  # may block
    ) -> None:
        self._application = _with_timed_out_body(application)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._seconds = seconds
        self._on_shutdown = on_shutdown

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._respond(scope, receive, send)
        else:  # web sockets are not supported
            await send({"type": "websocket.close"})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await asyncio.to_thread(self._on_shutdown)
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        idle_timeout = IDLE_TIMEOUT if _declared_length(scope) > MAX_BODY_BYTES else self._seconds
        body: BytesIO | _TimedOutBody | None
        try:
            async with asyncio.timeout(self._seconds):
                body = await _body(receive, idle_timeout=idle_timeout)
        except TimeoutError:
            body = _TimedOutBody()
        if body is not None:
            scope |= _sanitize_scope(scope) | {_BODY: body}
            await _Responder(self._application, self._threads, send_queue_size=0)(scope, receive, send)


_END: dict[str, Any] = {}
"""Sentinel after the last message of a response, compared by identity."""


class _Responder(WSGIResponder):
    """A responder whose thread never waits for the event loop, because a stopped loop would block it forever."""

    def send(self, message: Any) -> None:
        self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        super().wsgi(environ, start_response)
        self.send(_END)

    async def sender(self, send: Any) -> None:
        """Send until the thread's sentinel, because the base class's may overtake messages from Python 3.14 on."""
        while (message := await self.send_queue.get()) is not _END:
            if message is not None:
                await send(message)


class _TimedOutBody:
    def read(self, *_: int) -> bytes:
        raise RequestTimeout("The body did not arrive in time.")


def _with_timed_out_body(application: Any) -> Any:
    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"] = environ["asgi.scope"][_BODY]
        environ["wsgi.input_terminated"] = True  # the buffer ends, also without a Content-Length
        response: Iterable[bytes] = application(environ, start_response)
        return response

    return call


def _sanitize_scope(scope: Any) -> dict[str, Any]:
    """Percent-encode the query to ASCII, and drop headers whose name has an underscore.

    WSGI maps X_Forwarded_For and X-Forwarded-For to one key, so a client could forge the header of a proxy.
    """
    return {
        "query_string": quote(scope["query_string"], safe=printable).encode(),
        "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name],
    }


async def _body(receive: Any, *, idle_timeout: float) -> BytesIO | None:
    """Return the body, truncated to slightly more than the limit, or None if the client disconnected."""
    body, more = BytesIO(), True
    while more:
        message = await asyncio.wait_for(receive(), idle_timeout)
        if message["type"] == "http.disconnect":
            return None
        if body.tell() <= MAX_BODY_BYTES:
            body.write(message.get("body", b""))
        more = message.get("more_body", False)
    body.seek(0)
    return body


def _declared_length(scope: Any) -> int:
    lengths = (
        int(value) for name, value in scope["headers"] if name == b"content-length"
    )  # the server rejects invalid ones
    return max(lengths, default=0)
