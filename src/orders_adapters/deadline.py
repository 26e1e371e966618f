"""Deadline of a conversation over a socket, whatever the other side sends meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR
from typing import Any


@contextmanager
def deadline(connection: Any, *, until: float) -> Iterator[threading.Event]:
    """Shut down the ``sock`` of a connection at the deadline, which sets the event; close the connection at the end.

    ``until`` is a time of the monotonic clock. The time-outs of sockets are for one step each, so that they never end a
    conversation with a side that drips.
    """
    done, expired = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(until - time.monotonic()):
            return
        expired.set()
        while True:  # the socket may not exist yet
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(SHUT_RDWR)
            if done.wait(0.05):
                return

    threading.Thread(target=watch, name="deadline", daemon=True).start()
    try:
        yield expired
    finally:
        done.set()
        connection.close()
