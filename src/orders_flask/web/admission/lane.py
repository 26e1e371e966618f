"""Lanes: threads that handle requests, and a bounded queue of requests that wait for one of them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

WAITING_SECONDS = 5.0
"""A request that has waited as long is not begun, because most clients have given up and will repeat it."""


class Refused(Exception):
    """The request is not handled. The text is a reason for the log."""


class ClientGone(Exception):
    """The client disconnected before its request was begun."""


class Lane:
    """At most ``threads`` requests run, and at most ``waiting`` wait. Used by the event loop only."""

    def __init__(self, name: str, *, threads: int, waiting: int, seconds: float = WAITING_SECONDS) -> None:
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._limit = waiting
        self._seconds = seconds
        self._queue: deque[asyncio.Future[None]] = deque()

    async def enter(self, receive: Callable[[], Awaitable[Any]]) -> None:
        """Wait for a thread; ``leave`` must be called when the thread is done.

        Raises:
            Refused: too many requests wait, or this one has waited too long.
            ClientGone: the client has disconnected meanwhile.
        """
        if self._free:
            self._free -= 1
            return
        if len(self._queue) >= self._limit:
            raise Refused("queue_full")
        place = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        gone = asyncio.ensure_future(wait_for_disconnect(receive))
        try:
            await asyncio.wait((place, gone), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not place.done() or gone.done():
                self._give_up(place)
        if gone.done():
            raise ClientGone
        if place.cancelled():
            raise Refused("waited_too_long")

    def leave(self) -> None:
        """Give the thread to the next request."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _give_up(self, place: asyncio.Future[None]) -> None:
        with suppress(ValueError):  # it is no longer in the queue if the thread came at the same moment
            self._queue.remove(place)
        if place.done():
            self.leave()
        place.cancel()


async def wait_for_disconnect(receive: Callable[[], Awaitable[Any]]) -> None:
    """Return when the client of a request, whose body was read, has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
