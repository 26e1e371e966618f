"""The worker that looks after jobs: it runs those that wait, or has Celery run them, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from orders_domain.errors import Unavailable
from orders_domain.ports.clock import Clock
from orders_domain.ports.jobs import Jobs

log = structlog.get_logger(__name__)

IDLE = 1.0  # seconds between two looks when nobody rings; other processes' jobs ring for nobody here
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds after a failure, doubled each time
KEPT = timedelta(days=30)


@dataclass(kw_only=True)
class JobWorker:
    """``run`` returns when ``stop`` is set. A job whose worker dies is due again when its lease has run out."""

    jobs: Jobs
    begin: Callable[[UUID], object]
    wait: Callable[[float], None]  # for news, so many seconds at most
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        pause = SHORTEST_PAUSE
        while not self.stop.is_set():
            try:
                self.turn()
                pause = SHORTEST_PAUSE
            except Unavailable as error:
                log.warning("jobs wait", reason=str(error), seconds=pause)
                self.stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                log.exception("a job failed; it is tried again")
                self.stop.wait(LONGEST_PAUSE)

    def turn(self) -> None:
        """Begin what is due; where nothing is, wait a moment."""
        due = self.jobs.due(self.clock())
        for job_id in due:
            self.begin(job_id)
        if due:
            self.jobs.forget(created_before=self.clock() - KEPT)
        self.wait(IDLE)


def start(worker: JobWorker) -> threading.Thread:
    """Look after jobs beside the requests; the thread ends with the process."""
    thread = threading.Thread(target=worker.run, name="jobs", daemon=True)
    thread.start()
    return thread
