"""Responder: runs the WSGI application in a thread of a lane and sends its response from the event loop."""

import asyncio
import contextvars
from collections.abc import Awaitable
from typing import Any

import structlog
from a2wsgi.wsgi import WSGIResponder, build_environ

from orders_flask.web.admission.byte_budget import Share
from orders_flask.web.admission.lane import Lane

RESPONSE_TIMEOUT = 60.0
"""Seconds for the client to read the whole response."""

_PART = 64 * 1024
_END: dict[str, Any] = {}
"""Sentinel after the last message of a response, compared by identity."""

log = structlog.get_logger(__name__)


class Responder(WSGIResponder):
    """A responder whose thread never waits for the event loop, because a stopped loop would block it forever.

    The thread is free for the next request when the response is complete, whether or not the client reads it.
    """

    def __init__(self, application: Any, lane: Lane) -> None:
        super().__init__(application, lane.executor, send_queue_size=0)
        self._lane = lane

    async def handle(self, scope: Any, body: Any, send: Any, share: Share) -> Awaitable[None]:
        """Let a thread handle the request; return the rest of the sending, of which ``share`` counts the bytes."""
        # The path is below the root path, which build_environ would remove again from a path that begins with it.
        below: Any = scope | {"root_path": ""}
        environ = build_environ(below, body) | {
            "SCRIPT_NAME": scope["root_path"],
            "wsgi.input_terminated": True,  # also without a Content-Length
        }
        sending = self.loop.create_task(self._send_all(send, share))
        run = contextvars.copy_context().run
        try:
            await self.loop.run_in_executor(self.executor, run, self.wsgi, environ, self.start_response)
        except BaseException:
            sending.cancel()
            raise
        finally:
            self._lane.leave()
        return sending

    def send(self, message: Any) -> None:
        self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        super().wsgi(environ, start_response)
        self.send(_END)

    async def _send_all(self, send: Any, share: Share) -> None:
        first = await self.send_queue.get()
        try:
            async with share.wait_at_most(RESPONSE_TIMEOUT):
                await self._send_from(first, send, share)
        except TimeoutError:  # the server closes the connection, because the response is shorter than declared
            log.info("response.aborted", reason="memory_full" if share.evicted else "not_read")

    async def _send_from(self, message: Any, send: Any, share: Share) -> None:
        """Send until the thread's sentinel, because the base class's may overtake messages from Python 3.14 on."""
        while message is not _END:
            body = message.get("body", b"")
            share.grow(len(body))
            if len(body) <= _PART:
                await send(message)
            else:
                await self._send_parts(message, body, send)
            message = await self.send_queue.get()

    async def _send_parts(self, message: Any, body: bytes, send: Any) -> None:
        """Send part by part, because the server accepts a part only when the client has read most of those before."""
        view = memoryview(body)
        for start in range(0, len(body), _PART):
            await asyncio.sleep(0)
            await send({**message, "body": bytes(view[start : start + _PART]), "more_body": True})
