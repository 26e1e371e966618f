"""What wakes a relay: PostgreSQL's NOTIFY, a commit of the same process, or the time."""

import os
import threading
from contextlib import suppress
from multiprocessing.connection import wait

from sqlalchemy import Engine

from orders_adapters.sql.outbox.listen_notify import ear_for


class Bell:
    """One relay's bell. It may ring for nothing and miss a ring: look into the outbox whenever ``wait`` returns.

    Where it cannot listen to the database, it rings for this process only, and is otherwise a clock.
    """

    def __init__(self, engine: Engine) -> None:
        self._ear = ear_for(engine)
        self._waiting = threading.Lock()
        self._ringing = threading.Lock()
        self._closed = False
        self._inside, self._outside = os.pipe()
        os.set_blocking(self._inside, False)
        os.set_blocking(self._outside, False)

    def wait(self, seconds: float) -> None:
        """Return when the bell rings, at the latest after so many seconds; at once when it is closed."""
        with self._waiting:
            if self._closed:
                return
            if self._ear is not None and self._ear.opened():
                return  # what was said before, nobody heard
            strings = [self._inside] if self._ear is None else [self._inside, *self._ear.filenos()]
            pulled = wait(strings, timeout=seconds)
            if self._inside in pulled:
                os.read(self._inside, 65536)
            elif pulled and self._ear is not None:
                self._ear.listen()

    def ring(self) -> None:
        """Wake who waits; any thread may, and never waits for it. For ``UnitOfWork(on_commit=...)``."""
        with self._ringing:
            if not self._closed:
                self._pull()

    def close(self) -> None:
        """Wake who waits for the last time, and give everything back."""
        with self._ringing:
            if self._closed:
                return
            self._closed = True
            self._pull()
        with self._waiting:
            os.close(self._inside)
            os.close(self._outside)
            if self._ear is not None:
                self._ear.close()

    def _pull(self) -> None:
        with suppress(BlockingIOError):  # full of rings that nobody has heard yet
            os.write(self._outside, b"\0")
