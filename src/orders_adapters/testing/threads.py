"""Concurrency helpers."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest

from orders_domain.errors import OrdersError

T = TypeVar("T")


def at_once(*tasks: Callable[[], T]) -> Sequence[T | OrdersError]:
    """Start all tasks at the same time, and return the result of each, or its domain error."""
    begin = threading.Barrier(len(tasks))

    def run(task: Callable[[], T]) -> T | OrdersError:
        begin.wait(10)
        try:
            return task()
        except OrdersError as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def other_thread() -> ThreadPoolExecutor:
    """A thread pool of one thread; leaving the context waits for it."""
    return ThreadPoolExecutor(1)


def require_waiting(task: Future[T]) -> Future[T]:
    """Return the task, after checking that it is blocked."""
    with pytest.raises(TimeoutError):
        task.result(timeout=0.3)
    return task
