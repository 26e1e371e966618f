"""Start of the background workers in the process that serves requests.

A server may import the application and fork afterwards, as gunicorn with --preload and uWSGI do. Threads do not survive
a fork, and a lock that a thread holds stays locked in the child. So no worker is started before it is known that this
process serves.

The objects that a process has when it begins to serve are its modules and the application, which live as long as it
does. They are excluded from garbage collection then: a pass over them would delay requests by 0.1 s.
"""

import gc
import os
import threading
from collections.abc import Callable

from orders_flask.workers.runner import BackgroundWorkers

FORK_DELAY = 1.0  # seconds after which a process that has not forked is taken for one that serves


class ServingProcess:
    """The background workers and the garbage collection of each process that serves.

    Args:
        start_workers: starts them; called once in each process.
    """

    _begun: bool

    def __init__(self, start_workers: Callable[[BackgroundWorkers], None]) -> None:
        self._start_workers = start_workers
        self._reset()

    def expect(self) -> None:
        """Start the workers in the children of this process, or here if it has not forked within a second."""
        os.register_at_fork(before=self._timer.cancel, after_in_child=self._start_after_fork)
        self._timer.start()

    def start(self) -> None:
        """Serve here: start the workers, unless they have been started or stopped; for the first request."""
        if self._begun:
            return
        with self._lock:
            if not self._begun:
                self._begun = True
                gc.freeze()
                self._start_workers(self._workers)

    def stop(self) -> None:
        """Stop the workers after their current step, so that published events are marked and not published again."""
        self._timer.cancel()
        with self._lock:
            self._begun = True
        self._workers.stop()

    def _reset(self) -> None:
        self._begun = False
        self._lock: threading.Lock = threading.Lock()
        self._workers: BackgroundWorkers = BackgroundWorkers()
        self._timer: threading.Timer = threading.Timer(FORK_DELAY, self.start)
        self._timer.daemon = True

    def _start_after_fork(self) -> None:
        self._reset()
        self.start()
