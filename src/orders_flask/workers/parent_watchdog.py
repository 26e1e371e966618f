"""Parent watchdog: a worker exits when its server is killed, so that a restarted server can bind its port."""

import os
import signal
import threading
import time

from orders_flask.environment import SERVER_PID

_POLL_INTERVAL = 0.5  # seconds
_GRACE = 10.0  # seconds for requests in progress


def server() -> int | None:
    """Return the process id of the ``orders serve`` that started this process, or None.

    It may have ended already, because a worker takes a second to start.
    """
    text = os.environ.get(SERVER_PID)
    if not text:
        return None
    return int(text) if os.getppid() == int(text) or not _is_alive(int(text)) else None


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def exit_with_parent() -> None:
    """Start a thread that watches the server, if there is one."""
    if (process := server()) is not None:
        threading.Thread(target=_watch, args=(process,), name="orphan", daemon=True).start()


def _watch(server: int) -> None:
    while os.getppid() == server:
        time.sleep(_POLL_INTERVAL)
    os.kill(os.getpid(), signal.SIGINT)  # which, unlike SIGTERM, is not delayed
    time.sleep(_GRACE)
    os._exit(1)
