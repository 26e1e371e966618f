"""Doing things at the same time."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest

from orders_domain.errors import OrdersError

T = TypeVar("T")


def at_once(*tasks: Callable[[], T]) -> Sequence[T | OrdersError]:
    """Begin all tasks in the same moment, and return what each returned, or its error of ours."""
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
    """One more thread; leaving the context waits for it."""
    return ThreadPoolExecutor(1)


def require_waiting(task: Future[T]) -> Future[T]:
    """Return the task, having seen that somebody makes it wait."""
    with pytest.raises(TimeoutError):
        task.result(timeout=0.3)
    return task
