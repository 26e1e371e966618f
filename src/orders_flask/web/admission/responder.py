"""Responder: runs the WSGI application in a thread of a lane and sends its response from the event loop."""

import asyncio
import contextvars
import sys
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import structlog

from orders_domain.errors import Unavailable
from orders_flask.web.admission.byte_budget import Share
from orders_flask.web.admission.lane import Lane, wait_for_disconnect
from orders_flask.web.background.file_transfer import ResponseParts

RESPONSE_TIMEOUT = 60.0
"""Seconds for the client to read the whole response."""

_PART = 64 * 1024
_NAMES = {b"content-length": "CONTENT_LENGTH", b"content-type": "CONTENT_TYPE"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CompleteResponse:
    """A response with its complete body."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class FileResponse:
    """A response whose body, such as a file, is read while it is sent."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    parts: ResponseParts


class Responder:
    """Lets a thread compute the complete response, and sends it when the thread is free for the next request.

    The thread wakes the event loop once, with the response, and never waits for the loop, because a stopped loop would
    block it forever.
    """

    def __init__(self, application: Any, lane: Lane, *, files: Executor) -> None:
        self._application = application
        self._lane = lane
        self._files = files

    async def handle(self, scope: Any, body: Any, receive: Any, send: Any, share: Share) -> Coroutine[Any, Any, None]:
        """Let a thread handle the request; return the sending, of which ``share`` counts the bytes.

        The parts of a file are read by the threads of ``files``, so that downloads occupy no thread of requests.
        """
        environ, run = wsgi_environ(scope, body), contextvars.copy_context().run
        try:
            response = await asyncio.get_running_loop().run_in_executor(
                self._lane.executor, run, complete_response, self._application, environ
            )
        finally:
            self._lane.leave()
        if isinstance(response, FileResponse):
            return _send_file(response, receive, send, share, self._files)
        return _send(response, send, share)


def complete_response(application: Any, environ: dict[str, Any]) -> CompleteResponse | FileResponse:
    """Call the WSGI application and collect its response, unless it is a file."""
    begun: list[Any] = []
    parts: list[bytes] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        begun[:] = [status, headers]
        return parts.append

    iterable = application(environ, start_response)
    if isinstance(iterable, ResponseParts):
        return FileResponse(*_begun(begun), iterable)
    try:
        parts.extend(iterable)
    finally:
        if close := getattr(iterable, "close", None):
            close()
    return CompleteResponse(*_begun(begun), parts[0] if len(parts) == 1 else b"".join(parts))


def _begun(begun: list[Any]) -> tuple[int, Sequence[tuple[bytes, bytes]]]:
    """Return the status and the encoded headers."""
    status, headers = begun
    return int(status[:3]), [(name.encode("latin-1").lower(), value.encode("latin-1")) for name, value in headers]


def wsgi_environ(scope: Any, body: Any) -> dict[str, Any]:
    """Return the environment of PEP 3333. Repeated headers are joined by commas, as PEP 3333 leaves to the server."""
    root = scope.get("root_path", "").encode().decode("latin-1")
    server, client = scope.get("server") or ("localhost", 80), scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": scope["path"].encode().decode("latin-1"),  # below the root path (see proxies.root_path)
        "QUERY_STRING": scope["query_string"].decode("ascii"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,  # also without a Content-Length
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client is not None:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        variable = _NAMES.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[variable] = f"{environ[variable]},{text}" if variable in environ else text
    return environ


async def _send(response: CompleteResponse, send: Any, share: Share) -> None:
    try:
        async with share.wait_at_most(RESPONSE_TIMEOUT):
            share.grow(len(response.body))
            await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
            if len(response.body) <= _PART:
                await send({"type": "http.response.body", "body": response.body})
            else:
                await _send_parts(response.body, send)
    except TimeoutError:  # the server closes the connection, because the response is shorter than declared
        log.info("response.aborted", reason="memory_full" if share.evicted else "not_read")


async def _send_file(response: FileResponse, receive: Any, send: Any, share: Share, files: Executor) -> None:
    """Send the parts; each is read when the client has read most of those before, within a time for each part.

    The server closes the connection if the response is shorter than declared.
    """
    loop, gone = asyncio.get_running_loop(), asyncio.ensure_future(wait_for_disconnect(receive))
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        while part := await loop.run_in_executor(files, next, response.parts, b""):
            async with share.wait_at_most(RESPONSE_TIMEOUT):
                share.grow(len(part))
                await _send_parts(part, send, more=True)
            share.wait_no_longer()
            share.shrink(len(part))
            if gone.done():
                return
        await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        log.info("response.aborted", reason="memory_full" if share.evicted else "not_read")
    except Unavailable as error:
        log.info("response.aborted", reason=error.code)
    finally:
        gone.cancel()


async def _send_parts(body: bytes, send: Any, *, more: bool = False) -> None:
    """Send part by part, because the server accepts a part only when the client has read most of those before."""
    view = memoryview(body)
    for start in range(0, len(body), _PART):
        await asyncio.sleep(0)
        part = bytes(view[start : start + _PART])
        await send({"type": "http.response.body", "body": part, "more_body": more or start + _PART < len(body)})
