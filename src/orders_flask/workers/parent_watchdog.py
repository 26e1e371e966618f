"""Parent watchdog: a worker exits when its server is killed, so that a restarted server can bind its port."""

import os
import signal
import threading
import time

from orders_flask.environment import SERVER_PID

_POLL_INTERVAL = 0.5  # seconds
_GRACE = 10.0  # seconds for requests in progress


def server() -> int | None:
    """Return the process id of the ``orders serve`` that started this process, or None."""
    text = os.environ.get(SERVER_PID)
    return int(text) if text and os.getppid() == int(text) else None


def exit_with_parent() -> None:
    """Start a thread that watches the server, if there is one."""
    if (process := server()) is not None:
        threading.Thread(target=_watch, args=(process,), name="orphan", daemon=True).start()


def _watch(server: int) -> None:
    while os.getppid() == server:
        time.sleep(_POLL_INTERVAL)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)
