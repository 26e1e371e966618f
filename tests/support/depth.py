"""Depth of a test run: short by default, full length with `--deep`."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests.support.report import in_ci

Effort = TypeVar("Effort", int, float)
WAITING = (
    "tests/contract/ports/messages/test_message_consumer_port.py",
    "tests/contract/http/ostore_orders/test_services_failing.py",
    "tests/contract/http/test_tracking.py",
    "tests/contract/test_kafka_publisher.py",
    "tests/contract/ports/test_store_unavailable.py",
    "tests/contract/ports/services/test_http_services.py",
    "tests/contract/sql/test_database_unavailable.py",
    "tests/contract/http/ostore_orders/test_services.py",
    "tests/contract/test_mail.py",
    "tests/contract/http/jobs/test_jobs_celery.py",
    "tests/contract/ports/messages/test_event_publisher_port.py",
    "tests/contract/sql/test_pgbouncer.py",
    "tests/contract/sql/test_host_transaction.py",
    "tests/contract/test_rabbitmq_celery.py",
    "tests/contract/test_rabbitmq_broken.py",
    "tests/contract/test_servers.py",
)
"""Tests that wait for servers to stop, start and answer, the longest first."""
LONG = ("tests/contract/stock/test_random_lives.py", "tests/unit/domain/test_charges.py")
"""Tests that compute for hours in `make deep`. They begin first, and all workers share them; of another file one worker
runs all tests, because they share what its fixtures start."""
KILLING = ("tests/torture/", "tests/contract/faults/")
"""Tests that kill servers and processes under load: they wait and compute."""
WORKERS_PER_CORE = 2.5  # many tests wait for a server; but each further worker collects all tests: 8 s of CPU

TWINS = {"stack": ("embedded", "real"), "address": ("postgresql", "sqlite")}
"""The values of the parameter that alternates: of tests over HTTP, and of those with the mark `alternate`."""
NO_CASE = SimpleNamespace(params={})  # of a test without parameters

_deep = False


def deep() -> bool:
    """Whether this is `make deep`, which shortens no test."""
    return _deep


def effort(quick: Effort, full: Effort) -> Effort:
    """Return the amount of work: seconds, rounds, rows or clients, by the depth of the run."""
    return full if _deep else quick


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="run every test at full length, those marked deep too")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set the depth before test modules are imported, because it determines the size of their tables."""
    global _deep
    _deep = bool(config.getoption("--deep"))
    settings.register_profile("quick", deadline=None, derandomize=in_ci(), max_examples=30)
    settings.register_profile("deep", deadline=None, max_examples=500)
    settings.load_profile("deep" if _deep else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect deep tests in a short run, and interleave files that wait with files that compute."""
    if not _deep:
        left_out = {item for item in items if item.get_closest_marker("deep")} | other_twins(items)
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    ranks = _ranks(dict.fromkeys(_file(item) for item in items))
    items.sort(key=lambda item: ranks[_file(item)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the number of workers for `-n auto`: none for a single file, which ends before workers start."""
    places = _places(config)
    if len(places) == 1 and places[0].is_file():
        return 0
    return round((WORKERS_PER_CORE if needs_servers(config) else 1) * (os.cpu_count() or 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler of tests, which is that of ``--dist=loadfile`` but for the long files."""
    from xdist.scheduler import LoadFileScheduling  # here, because a run without workers needs no xdist

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist publishes no types
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return nodeid if file in LONG else file

    return Scheduling(config, log)


def needs_servers(config: pytest.Config) -> bool:
    """Return whether tests other than unit tests were requested."""
    return not all(place.is_relative_to("tests/unit") for place in _places(config))


def other_twins(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Return the items that a short run leaves out because their case runs on the other stack, or the other database.

    The cases of a module's tests over HTTP run on the embedded and on the real stack alternately, so that each case
    runs once and each module runs on both stacks. Each adapter is tested by the suite of its port. Tests with the mark
    `alternate`, of migrations that nobody edits any more, alternate between PostgreSQL and SQLite.
    """
    cases: dict[tuple[str, object, str], dict[str, pytest.Item]] = {}
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        name = "address" if item.get_closest_marker("alternate") else "stack"
        if value := getattr(item, "callspec", NO_CASE).params.get(name):
            cases.setdefault((name, item.parent, item.name.replace(value, "")), {})[value] = item
    pairs = [(TWINS[name], twins) for (name, *_), twins in cases.items() if twins.keys() == set(TWINS[name])]
    return {twins[values[1 - number % 2]] for number, (values, twins) in enumerate(pairs)}


def _places(config: pytest.Config) -> list[Path]:
    return [Path(argument.partition("::")[0]) for argument in config.args]


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _ranks(files: Collection[str]) -> dict[str, float]:
    """Return the position of each file, from 0 to 1.

    Files of each kind are spread over the run, so that some wait while others compute; those that take long end early.
    """
    long = [file for file in files if file in LONG]
    waiting: list[str] = []
    killing: list[str] = []
    working: list[str] = []
    for file in (file for file in files if file not in LONG):
        (waiting if file in WAITING else killing if file.startswith(KILLING) else working).append(file)
    waiting.sort(key=WAITING.index)
    killing.sort(key=lambda file: not file.startswith(KILLING[0]))
    kinds = ((long, 0.0), (waiting, 0.7), (killing, 0.8), (working, 1.0))
    return {file: end * place / len(kind) for kind, end in kinds for place, file in enumerate(kind)}
