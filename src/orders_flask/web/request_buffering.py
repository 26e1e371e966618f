"""Requests that a thread sees when all of them is there: who sends slowly keeps a socket, and no thread."""

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
"""For a body to arrive; the server gives the headers as long."""

IDLE_TIMEOUT = 1.0
"""Seconds after which whoever announced too large a body, and does not send it, hears that it is."""

_BODY = "orders.body"


class RequestBufferingMiddleware:
    """A WSGI application behind ASGI.

    A body that does not arrive in time fails where the application reads it, so that the answer, 408, is in the words
    of the contract. Too large a body is read to its end and forgotten: who is cut off while sending does not hear why.
    """

    def __init__(
        self,
        application: Any,
        *,
        threads: int,
        seconds: float = BODY_TIMEOUT,
        on_shutdown: Callable[[], object] = lambda: None,  # may take its time
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
        else:  # there are no web sockets here
            await send({"type": "websocket.close"})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await asyncio.to_thread(self._on_shutdown)
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        pause = IDLE_TIMEOUT if _declared_length(scope) > MAX_BODY_BYTES else self._seconds
        body: BytesIO | _TimedOutBody | None
        try:
            async with asyncio.timeout(self._seconds):
                body = await _body(receive, idle_timeout=pause)
        except TimeoutError:
            body = _TimedOutBody()
        if body is not None:
            scope |= _sanitize_scope(scope) | {_BODY: body}
            await _Responder(self._application, self._threads, send_queue_size=0)(scope, receive, send)


_END: dict[str, Any] = {}
"""The message after the last one of an answer; only its identity counts."""


class _Responder(WSGIResponder):
    """Waits for nothing in its thread: an event loop that ends meanwhile would let it wait for ever."""

    def send(self, message: Any) -> None:
        self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        super().wsgi(environ, start_response)
        self.send(_END)

    async def sender(self, send: Any) -> None:
        """Send until the thread's own end: from Python 3.14 on, that of the base class may overtake the messages."""
        while (message := await self.send_queue.get()) is not _END:
            if message is not None:
                await send(message)


class _TimedOutBody:
    def read(self, *_: int) -> bytes:
        raise RequestTimeout("The body did not arrive in time.")


def _with_timed_out_body(application: Any) -> Any:
    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"] = environ["asgi.scope"][_BODY]
        environ["wsgi.input_terminated"] = True  # it has an end, also where no Content-Length said so
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return call


def _sanitize_scope(scope: Any) -> dict[str, Any]:
    """The query in ASCII, also where a client sends its letters as they are; no header that only looks like another.

    To a WSGI application X_Forwarded_For is X-Forwarded-For, and what a proxy wrote would not be told from what its
    client did.
    """
    return {
        "query_string": quote(scope["query_string"], safe=printable).encode(),
        "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name],
    }


async def _body(receive: Any, *, idle_timeout: float) -> BytesIO | None:
    """The body, or somewhat more of it than is allowed; None from a client that has gone."""
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
    lengths = (int(value) for name, value in scope["headers"] if name == b"content-length")  # the server refuses others
    return max(lengths, default=0)
