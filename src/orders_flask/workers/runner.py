"""Worker loop with exponential backoff, and background threads."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from orders_domain.errors import Unavailable

log = structlog.get_logger(__name__)

MIN_DELAY, MAX_DELAY = 0.1, 5.0  # seconds after a failure; the delay doubles each time
STOP_TIMEOUT = 5.0  # seconds that a shutdown waits for the workers


def run(step: Callable[[], object], *, stop: threading.Event, name: str) -> None:
    """Call ``step`` until ``stop`` is set; failures are logged and retried."""
    delay = MIN_DELAY
    while not stop.is_set():
        try:
            step()
            delay = MIN_DELAY
        except Unavailable as error:
            log.warning("worker.paused", worker=name, reason=error.code, error=str(error), seconds=delay)
            stop.wait(delay)
            delay = min(delay * 2, MAX_DELAY)
        except Exception:
            log.exception("worker.step_failed", worker=name, seconds=MAX_DELAY)
            stop.wait(MAX_DELAY)


class Worker(Protocol):
    """``run`` returns when ``stop`` is set and the current step is finished."""

    stop: threading.Event

    def run(self) -> None: ...


class BackgroundWorkers:
    """Workers in daemon threads of this process."""

    def __init__(self) -> None:
        self._started: list[tuple[Worker, threading.Thread]] = []

    def start(self, worker: Worker, *, name: str) -> None:
        thread = threading.Thread(target=worker.run, name=name, daemon=True)
        thread.start()
        self._started.append((worker, thread))

    def stop(self, *, timeout: float = STOP_TIMEOUT) -> None:
        """Stop the workers after their current step, so that published events are marked and not published again."""
        deadline = time.monotonic() + timeout
        for worker, _ in self._started:
            worker.stop.set()
        for _, thread in self._started:
            thread.join(max(deadline - time.monotonic(), 0))
