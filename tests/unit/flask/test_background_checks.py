"""Background checks: a check that hangs has its last result, and counts as failed after a while."""

import threading
import time
from types import SimpleNamespace

import pytest

from orders_flask.web import background_checks
from orders_flask.web.background_checks import OVERDUE_SECONDS, BackgroundChecks


@pytest.mark.parametrize(("seconds", "counts_as_failed"), [(OVERDUE_SECONDS - 1, False), (OVERDUE_SECONDS + 1, True)])
def test_hanging_check_fails_when_it_is_overdue(
    seconds: float, counts_as_failed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=time.monotonic())
    monkeypatch.setattr(background_checks, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(background_checks, "FIRST_ANSWER_SECONDS", 30.0)  # for a busy machine
    checks, released = BackgroundChecks(), threading.Event()
    assert checks.results({"database": lambda: None}) == {"database": None}

    checks.results({"database": lambda: None if released.wait(30) else "It was not released."})
    clock.now += seconds
    overdue = checks.results({"database": lambda: None})["database"]
    released.set()

    assert overdue == (f"It has not responded for {seconds:.0f} s." if counts_as_failed else None)
