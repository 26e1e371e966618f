"""Background checks: health checks in threads of their own, so that a hung component does not hold up a probe."""

import threading
import time
from collections.abc import Callable, Mapping

ANSWER_SECONDS = 0.3
"""A probe waits as long for a check that it starts, and for none that has been running longer."""

FIRST_ANSWER_SECONDS = 0.9
"""A probe waits as long for the first check of a process, which has no earlier result to answer with."""

OVERDUE_SECONDS = 5.0
"""A check that has been running as long counts as failed."""

Check = Callable[[], str | None]


class BackgroundChecks:
    """The last results of health checks. Every request starts the checks that do not run, one thread for each."""

    def __init__(self) -> None:
        self._checks: dict[str, _BackgroundCheck] = {}
        self._lock = threading.Lock()

    def results(self, checks: Mapping[str, Check]) -> dict[str, str | None]:
        """Return the result of each check by name: None, or the reason for its failure."""
        with self._lock:
            running = {name: self._checks.setdefault(name, _BackgroundCheck()) for name in checks}
            for name, check in checks.items():
                running[name].start(check)
        return {name: check.result() for name, check in running.items()}


class _BackgroundCheck:
    def __init__(self) -> None:
        self._done = threading.Event()
        self._done.set()
        self._started = 0.0
        self._failure: str | None = "It has not been checked yet."
        self._timeout = FIRST_ANSWER_SECONDS

    def start(self, check: Check) -> None:
        if not self._done.is_set():
            return
        self._done.clear()
        self._started = time.monotonic()
        threading.Thread(target=self._run, args=(check,), name="health check", daemon=True).start()

    def result(self) -> str | None:
        done = self._done.wait(max(self._started + self._timeout - time.monotonic(), 0))
        if not done and (seconds := time.monotonic() - self._started) > OVERDUE_SECONDS:
            return f"It has not responded for {seconds:.0f} s."
        return self._failure

    def _run(self, check: Check) -> None:
        try:
            self._failure = check()
        except Exception as error:  # noqa: BLE001 - a check that fails in another way is a failed check
            self._failure = f"{type(error).__name__}: {error}"
        finally:
            self._timeout = ANSWER_SECONDS
            self._done.set()
