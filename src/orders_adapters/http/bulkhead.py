"""Bulkhead: limits the threads of a process that wait for other services at the same time."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self


class BulkheadFull(Exception):
    """As many threads wait as may."""


class Bulkhead:
    """A context manager with ``places``. Nobody waits for a place.

    Raises:
        BulkheadFull: on entry, all places are taken.
    """

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    def __enter__(self) -> Self:
        if not self._places.acquire(blocking=False):
            raise BulkheadFull
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
