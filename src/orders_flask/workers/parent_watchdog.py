"""A worker whose server was killed ends too, so that a restarted server finds its port free."""

import os
import signal
import threading
import time

from orders_flask.environment import SERVER_PID

_POLL_INTERVAL = 0.5  # seconds
_GRACE = 10.0  # seconds for the requests under way


def server() -> int | None:
    """Return the process id of the ``orders serve`` that started this process, if one did."""
    named = os.environ.get(SERVER_PID)
    return int(named) if named and os.getppid() == int(named) else None


def exit_with_parent() -> None:
    """Watch the server from a thread, where there is one."""
    if (process := server()) is not None:
        threading.Thread(target=_watch, args=(process,), name="orphan", daemon=True).start()


def _watch(server: int) -> None:
    while os.getppid() == server:
        time.sleep(_POLL_INTERVAL)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)
