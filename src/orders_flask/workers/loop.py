"""A loop that nothing ends but its stop: what is away for a while is waited for, longer each time."""

import threading
from collections.abc import Callable

import structlog

from orders_domain.errors import Unavailable

log = structlog.get_logger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds after a failure, doubled each time


def run(turn: Callable[[], object], *, stop: threading.Event, name: str) -> None:
    """Take turns until ``stop`` is set."""
    pause = SHORTEST_PAUSE
    while not stop.is_set():
        try:
            turn()
            pause = SHORTEST_PAUSE
        except Unavailable as error:
            log.warning(f"{name} waits", reason=str(error), seconds=pause)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        except Exception:
            log.exception(f"{name} failed and goes on")
            stop.wait(LONGEST_PAUSE)


def start(run: Callable[[], object], *, name: str) -> threading.Thread:
    """Run beside the requests; the thread ends with the process."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
