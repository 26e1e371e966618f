"""Summary of a test run: servers in use, tests skipped for a missing server, and no skips in CI."""

import os
import re
from collections import Counter
from typing import Any, NoReturn

import pytest
from _pytest.terminal import TerminalReporter

USED = pytest.StashKey[list[str]]()
WANT = re.compile(r"for want of (?P<part>.+?): (?P<why>.*)", re.DOTALL)


def used(config: pytest.Config, server: str) -> None:
    """Record a server for the summary."""
    config.stash.setdefault(USED, []).append(server)


def for_want_of(part: str, *, why: str) -> NoReturn:
    """Skip the test, because the server is missing; the summary counts it under the name of the server."""
    pytest.skip(f"for want of {part}: {why}")


def in_ci() -> bool:
    """Return whether this is continuous integration, where a skipped test is a failure."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run that skipped a test; pass the servers of a worker to the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["servers"] = session.config.stash.get(USED, [])
        return
    if in_ci() and session.exitstatus == pytest.ExitCode.OK and _skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect the servers that a worker process used."""
    for server in getattr(node, "workeroutput", {}).get("servers", []):
        if server not in node.config.stash.setdefault(USED, []):
            used(node.config, server)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    skips = _skips(config)
    if parts := config.stash.get(USED, []):
        terminalreporter.line(f"Real parts: {', '.join(parts)}")
    wants = Counter((want["part"], want["why"]) for want in map(WANT.search, skips) if want)
    for (part, why), tests in wants.items():
        terminalreporter.line(f"Not run for want of: {part} ({why}): {_count(tests)}", yellow=True)
    if skips and in_ci():
        terminalreporter.line(
            f"CI: {_count(len(skips))} skipped, and in CI nothing may be: this run has failed.", red=True
        )


def _count(tests: int) -> str:
    return f"{tests} test{'s'[: tests != 1]}"


def _skips(config: pytest.Config) -> list[str]:
    """The reasons of all skips of the run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, TerminalReporter)
    reports = reporter.stats.get("skipped", [])
    return [
        str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr) for report in reports
    ]
