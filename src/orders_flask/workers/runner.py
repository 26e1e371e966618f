"""A loop that nothing ends but its stop: what is away for a while is waited for, longer each time."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from orders_domain.errors import Unavailable

log = structlog.get_logger(__name__)

MIN_DELAY, MAX_DELAY = 0.1, 5.0  # seconds after a failure, doubled each time
STOP_TIMEOUT = 5.0  # seconds that a process that is stopped waits for its workers


def run(step: Callable[[], object], *, stop: threading.Event, name: str) -> None:
    """Take turns until ``stop`` is set."""
    pause = MIN_DELAY
    while not stop.is_set():
        try:
            step()
            pause = MIN_DELAY
        except Unavailable as error:
            log.warning(f"{name} waits", reason=str(error), seconds=pause)
            stop.wait(pause)
            pause = min(pause * 2, MAX_DELAY)
        except Exception:
            log.exception(f"{name} failed and goes on")
            stop.wait(MAX_DELAY)


class Worker(Protocol):
    """``run`` returns when ``stop`` is set, with what was begun done."""

    stop: threading.Event

    def run(self) -> None: ...


class BackgroundWorkers:
    """Workers beside what else a process does, each in a thread that ends with the process."""

    def __init__(self) -> None:
        self._started: list[tuple[Worker, threading.Thread]] = []

    def start(self, worker: Worker, *, name: str) -> None:
        thread = threading.Thread(target=worker.run, name=name, daemon=True)
        thread.start()
        self._started.append((worker, thread))

    def stop(self, *, timeout: float = STOP_TIMEOUT) -> None:
        """Let them do what they have begun: an event that was sent and not noted would be sent again."""
        deadline = time.monotonic() + timeout
        for worker, _ in self._started:
            worker.stop.set()
        for _, thread in self._started:
            thread.join(max(deadline - time.monotonic(), 0))
