"""ASGI middleware in front of the Flask app, which ``orders serve`` runs."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from string import printable
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask

from orders_flask.web.admission import request_body
from orders_flask.web.admission.body_limits import BodyLimits, has_bearer_token
from orders_flask.web.admission.byte_budget import ByteBudget, Share
from orders_flask.web.admission.direct_responses import send_busy, send_incomplete, send_liveness
from orders_flask.web.admission.lane import ClientGone, Lane, Refused
from orders_flask.web.admission.responder import Responder
from orders_flask.web.admission.unread_responses import limit_unread_responses
from orders_flask.web.background import drain
from orders_flask.web.proxies.root_path import relative_scope

BUDGET_BYTES = 32 * 1024 * 1024
"""The bodies of all requests of a process, and as much again for the responses."""

DISCARDED_BUDGET_BYTES = 8 * 1024 * 1024
"""The discarded bytes of requests that wait for the rest of such a body; beyond it, the oldest is answered at once."""

WAITING_PER_THREAD = 8
"""Requests that may wait for each thread: the burst of a flash sale waits for tens of milliseconds, and 5 s at most."""

FILE_THREADS = 2
"""The threads that read the files of downloads, part by part."""

OPERATIONS = frozenset({"/", "/healthz", "/readyz", "/metrics"})
"""Paths with threads of their own, so that probes do not wait behind requests."""

log = structlog.get_logger(__name__)


class AdmissionMiddleware:
    """Runs a Flask app behind ASGI; a slow client occupies a socket, not a thread or memory without bound.

    Bodies are read, requests wait, and responses are sent in the event loop, each within a limit. A request that
    exceeds a limit gets 503 with Retry-After, and is not begun.
    """

    def __init__(
        self,
        app: Flask,
        *,
        threads: int,
        seconds: float = request_body.BODY_TIMEOUT,
        budget: int = BUDGET_BYTES,
        waiting_per_thread: int = WAITING_PER_THREAD,
        on_startup: Callable[[], object] = lambda: None,
        on_shutdown: Callable[[], object] = lambda: None,  # may block
    ) -> None:
        self._app = app
        self._limits = BodyLimits(app)
        self._requests = Lane("request", threads=threads, waiting=threads * waiting_per_thread)
        self._anonymous = Lane("anonymous", threads=anonymous_threads(threads), waiting=threads * waiting_per_thread)
        self._operations = Lane("operations", threads=2, waiting=4096)
        self._files = ThreadPoolExecutor(FILE_THREADS, thread_name_prefix="file")
        self._bodies, self._responses = ByteBudget(budget), ByteBudget(budget)
        self._discarded = ByteBudget(DISCARDED_BUDGET_BYTES)
        self._seconds = seconds
        self._on_startup = on_startup
        self._on_shutdown = on_shutdown
        self._drain = drain.drain_of(app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._respond(relative_scope(scope), receive, send)
        else:  # web sockets are not supported
            await send({"type": "websocket.close"})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        limiting = asyncio.create_task(limit_unread_responses())  # the server listens after the startup
        while (await receive())["type"] != "lifespan.shutdown":
            self._on_startup()
            await send({"type": "lifespan.startup.complete"})
        limiting.cancel()
        await asyncio.to_thread(self._on_shutdown)
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        if self._drain.begun:
            send = drain.closing(send)
        if scope["path"] == "/healthz" and scope["method"] == "GET":
            return await send_liveness(self._app, scope, send)
        try:
            with self._responses.share() as response:
                await (await self._handle(scope, receive, send, response))
        except Refused as refusal:
            await send_busy(self._app, scope, send, reason=str(refusal))
        except request_body.IncompleteBody:
            await send_incomplete(self._app, scope, send)
        except ClientGone:
            log.debug("request.abandoned", path=scope["path"])

    def _lane(self, scope: Any) -> Lane:
        if scope["path"] in OPERATIONS:
            return self._operations
        return self._requests if has_bearer_token(scope) else self._anonymous

    async def _handle(self, scope: Any, receive: Any, send: Any, response: Share) -> Coroutine[Any, Any, None]:
        """Read the body, wait for a thread and let it handle the request; return the sending of the response."""
        lane = self._lane(scope)
        limit, declared = self._limits.limit(scope), request_body.declared_length(scope)
        with (self._bodies if limit else self._discarded).share() as share:
            body = await request_body.read(receive, share, declared=declared, limit=limit, seconds=self._seconds)
            await lane.enter(receive)
            scope |= _sanitize_scope(scope)
            return await Responder(self._app, lane, files=self._files).handle(scope, body, receive, send, response)


def anonymous_threads(threads: int) -> int:
    """Return the number of threads for requests without a token: strangers do not occupy those of customers."""
    return max(threads // 2, 1)


def _sanitize_scope(scope: Any) -> dict[str, Any]:
    """Percent-encode the query to ASCII, and drop headers whose name has an underscore.

    WSGI maps X_Forwarded_For and X-Forwarded-For to one key, so a client could forge the header of a proxy.
    """
    return {
        "query_string": quote(scope["query_string"], safe=printable).encode(),
        "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name],
    }
