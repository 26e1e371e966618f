"""Request bodies: read completely before a thread handles the request, if the route takes one."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

from werkzeug.exceptions import RequestTimeout

from orders_flask.web.admission.byte_budget import Share
from orders_flask.web.admission.lane import Refused

BODY_TIMEOUT = 30.0
"""Seconds for the whole body to arrive."""

IDLE_TIMEOUT = 1.0
"""Seconds without data after which a body that is discarded is no longer waited for."""

DISCARDED_BYTES = 2 * 1024 * 1024
"""Of a body that no response depends on, the bytes that are read before the response. They are discarded at once.

A proxy answers 502 if the connection is closed while it sends; so this is more than any route takes.
"""


class IncompleteBody(Exception):
    """The body ended early: the client has disconnected, or the server could not parse a chunk."""


class TimedOutBody:
    """Raises when the application reads it, so that the contract renders the 408 response."""

    def read(self, *_: int) -> bytes:
        raise RequestTimeout("The body did not arrive in time.")


async def read(
    receive: Callable[[], Awaitable[Any]], share: Share, *, declared: int | None, limit: int, seconds: float
) -> BytesIO | TimedOutBody:
    """Return the body, truncated to slightly more than ``limit`` bytes; ``declared`` comes from ``declared_length``.

    The server is not asked for a body that has no bytes, nor for the end of one whose declared bytes have arrived:
    each answer costs two changes of threads.

    A body that is too large is read to its end and discarded, because a client does not read a response while it is
    sending. Without a ``limit`` only ``DISCARDED_BYTES`` are, because a stranger must not cost more, and fewer if the
    budget of the share is exhausted.

    Raises:
        Refused: the memory for bodies was needed for others.
        IncompleteBody: the body ended early.
    """
    if declared == 0:
        return BytesIO()
    collected: list[bytes] = []  # and not one buffer, because many that grow side by side fragment the memory
    is_too_large = declared is not None and declared > limit
    room = 0 if is_too_large else limit
    enough = min(math.inf if declared is None else declared, math.inf if limit else DISCARDED_BYTES)
    try:
        async with share.wait_at_most(seconds):
            parts = _parts(receive, idle=IDLE_TIMEOUT if is_too_large else None, enough=enough)
            await _collect(parts, collected, share, room=room, discards=not limit)
    except TimeoutError:
        if not share.evicted:
            return TimedOutBody()
    finally:
        if share.evicted:
            collected.clear()  # at once, and not when the exception's traceback is collected
    if share.evicted:
        if limit:
            raise Refused("memory_full")
        return BytesIO()
    share.wait_no_longer()
    return BytesIO(b"".join(collected))


async def _collect(
    parts: AsyncIterator[bytes], collected: list[bytes], share: Share, *, room: int, discards: bool
) -> None:
    async for part in parts:
        if share.evicted:
            raise TimeoutError
        if room and share.size <= room:
            collected.append(part)
            share.grow(len(part))
        if discards:
            share.grow(len(part))
        del part  # which would occupy memory while the next one is waited for


async def _parts(receive: Callable[[], Awaitable[Any]], *, idle: float | None, enough: float) -> AsyncIterator[bytes]:
    seen, more = 0, True
    while more and seen < enough:
        async with asyncio.timeout(idle):  # not wait_for, which may swallow a cancellation in Python 3.11
            message = await receive()
        if message["type"] == "http.disconnect":
            raise IncompleteBody
        part, more = message.get("body", b""), message.get("more_body", False)
        seen += len(part)
        del message
        yield part
        del part


def declared_length(scope: Any) -> int | None:
    """Return the length of the body by the headers, or None if only its end tells it. The server rejects invalid ones.

    A request of HTTP/1 without both headers has no body (RFC 9112, section 6.3).
    """
    length = 0 if scope["http_version"].startswith("1") else None
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            length = int(value)
    return length
