"""What wakes a relay: PostgreSQL's NOTIFY, a commit of the same process, or the time."""

import os
import threading
from contextlib import suppress
from multiprocessing.connection import wait

from sqlalchemy import Engine

from orders_adapters.sql.outbox.listen_notify import listener_for


class WakeupSignal:
    """One relay's bell. It may ring for nothing and miss a ring: look into the outbox whenever ``wait`` returns.

    Where it cannot listen to the database, it rings for this process only, and is otherwise a clock.
    """

    def __init__(self, engine: Engine) -> None:
        self._listener = listener_for(engine)
        self._waiting = threading.Lock()
        self._set_lock = threading.Lock()
        self._closed = False
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        os.set_blocking(self._write_fd, False)

    def wait(self, timeout: float) -> None:
        """Return when the bell rings, at the latest after so many seconds; at once when it is closed."""
        with self._waiting:
            if self._closed:
                return
            if self._listener is not None and self._listener.connect():
                return  # what was said before, nobody heard
            strings = [self._read_fd] if self._listener is None else [self._read_fd, *self._listener.filenos()]
            pulled = wait(strings, timeout=timeout)
            if self._read_fd in pulled:
                os.read(self._read_fd, 65536)
            elif pulled and self._listener is not None:
                self._listener.drain()

    def set(self) -> None:
        """Wake who waits; any thread may, and never waits for it. For ``UnitOfWork(on_commit=...)``."""
        with self._set_lock:
            if not self._closed:
                self._wake()

    def close(self) -> None:
        """Wake who waits for the last time, and give everything back."""
        with self._set_lock:
            if self._closed:
                return
            self._closed = True
            self._wake()
        with self._waiting:
            os.close(self._read_fd)
            os.close(self._write_fd)
            if self._listener is not None:
                self._listener.close()

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # full of rings that nobody has heard yet
            os.write(self._write_fd, b"\0")
