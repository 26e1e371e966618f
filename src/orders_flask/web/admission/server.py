"""The server of ``orders serve``, with its limits of connections and headers."""

import os
import signal
from contextlib import suppress
from typing import Any

ALLOCATOR = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
"""The server's allocator returns memory at once, and not after 10 s in which other clients need as much again."""
CONNECTIONS = 4096
"""The connections of a worker process; further ones wait in the listening socket."""
HEADER_MILLISECONDS = 10_000
"""The time for a request's headers, and for the next request of an open connection."""
HEADER_BYTES = 16 * 1024
FINISH_SECONDS = 15
"""The time for requests in progress, after which a worker process that stops is killed."""
LOG = {"loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}}}
"""The server's warnings, such as the exit of a worker process, propagate to our log."""


def serve(*, host: str, port: int, workers: int, root_path: str, shutdown_delay: int) -> None:
    """Serve until SIGINT, or until the delay after SIGTERM is over."""
    os.environ.setdefault(*ALLOCATOR)  # before the import, which reads it
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    from orders_flask.web.background import drain

    class InterruptibleServer(MPServer):
        """The server stops its workers by SIGTERM, and so with the delay. After SIGINT it tells them to hurry."""

        def signal_handler_interrupt(self, number: int, *frame: Any) -> None:
            if number == signal.SIGINT and shutdown_delay:
                for worker in self.wrks:
                    with suppress(ProcessLookupError):
                        os.kill(worker.inner.pid, drain.HURRY)
            super().signal_handler_interrupt(number, *frame)  # type: ignore[no-untyped-call]

    _stop_workers_while_they_start()
    InterruptibleServer(
        "orders_flask.asgi:app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # because other modes wait without limit for the first byte; a proxy may add HTTP/2
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEADER_BYTES),
        websockets=False,
        url_path_prefix=root_path or None,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        workers=workers,
        workers_kill_timeout=shutdown_delay + FINISH_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=LOG,
    ).serve()


def _stop_workers_while_they_start() -> None:
    """Let SIGTERM end a worker process that is still importing, instead of 15 seconds later.

    A forked worker has the signal handlers of the server until its event loop sets its own, and they would only mark
    its copy of the server. Signals are blocked meanwhile, so that none is lost between the fork and the reset.
    """
    signals = {signal.SIGINT, signal.SIGTERM}

    def reset() -> None:
        for number in signals:
            signal.signal(number, signal.SIG_DFL)
        unblock()

    def unblock() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signals), after_in_parent=unblock, after_in_child=reset
    )
