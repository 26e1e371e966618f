"""Wake-up signal of a relay: PostgreSQL's NOTIFY, a commit of the same process, or a timeout."""

import os
import threading
from contextlib import suppress
from multiprocessing.connection import wait

from sqlalchemy import Engine

from orders_adapters.sql.outbox.listen_notify import listener_for


class WakeupSignal:
    """The signal of one relay. It may be spurious or missed, so the relay must poll whenever ``wait`` returns.

    If the database has no NOTIFY, only commits of this process set the signal.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closed = False
        self._open()

    def wait(self, timeout: float) -> None:
        """Return when the signal is set, after ``timeout`` seconds at the latest, and at once if it is closed."""
        self._open_after_fork()
        with self._waiting:
            if self._closed:
                return
            if self._listener is not None and self._listener.connect():
                return  # because earlier notifications were missed
            filenos = [self._read_fd] if self._listener is None else [self._read_fd, *self._listener.filenos()]
            ready = wait(filenos, timeout=timeout)
            if self._read_fd in ready:
                os.read(self._read_fd, 65536)
            elif ready and self._listener is not None:
                self._listener.drain()

    def set(self) -> None:
        """Wake the waiting relay. Thread-safe and non-blocking, for ``UnitOfWork(on_commit=...)``."""
        self._open_after_fork()
        with self._set_lock:
            if not self._closed:
                self._wake()

    def close(self) -> None:
        """Wake the waiting relay a last time, and release all resources."""
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

    def _open(self) -> None:
        self._process = os.getpid()
        self._listener = listener_for(self._engine)
        self._waiting = threading.Lock()
        self._set_lock = threading.Lock()
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        os.set_blocking(self._write_fd, False)

    def _open_after_fork(self) -> None:
        """Open a pipe of this process, because the other one's processes would take each other's signals."""
        if self._process != os.getpid():
            inherited = self._read_fd, self._write_fd
            self._open()
            for descriptor in inherited:
                os.close(descriptor)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # the pipe is full, so the relay will wake up anyway
            os.write(self._write_fd, b"\0")
