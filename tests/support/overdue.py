"""End of a test run that hangs: it prints the stacks of all threads, and its process ends with status 1.

The time limit of a test is an exception in the main thread. Whatever then waits without a limit of its own waits for
ever: an executor for its threads, or a fixture for a process. pytest-timeout also lifts the limit when a test fails,
before its fixtures are left, and no limit applies to the end of the process, which joins threads.

The servers that the process has started remain.
"""

import faulthandler
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

GRACE = 900.0
"""Seconds for the fixtures after the time limit of their test, and for the end of the process after the last test."""

_stderr = pytest.StashKey[int]()
_is_limited = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_stderr] = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)  # which tests cannot capture


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Iterator[None]:
    item.stash[_is_limited] = True
    _end_after(settings.timeout + GRACE, item.config)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Set the end anew, because pytest lifts it when a test fails."""
    if node.stash.get(_is_limited, False):
        _end_after(GRACE, node.config)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Iterator[None]:
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    _end_after(GRACE, session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let a worker of a parallel run wait for the others."""
    if hasattr(config, "workerinput"):
        faulthandler.cancel_dump_traceback_later()


def _end_after(seconds: float, config: pytest.Config) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=config.stash[_stderr])
