"""Retry decorator for use cases that fail because of contention."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from orders_domain.errors import StaleOrder, StoreContention

MAX_ATTEMPTS = 4
_CONTENTION = (StoreContention, StaleOrder)
_WAIT = (0.005, 0.05)
"""Seconds between two attempts: random, so that the same transactions do not collide again."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


def retry_on_contention(use_case: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return the use case with up to four attempts, which are made after StoreContention or StaleOrder.

    The whole use case is retried, because each attempt must load the order again. A remote call that the use case makes
    before its commit is repeated as well.

    There is one attempt if the unit of work is in its host's transaction: the conflict may be with what the host did
    before, and only the host can repeat that.
    """

    @wraps(use_case)
    def with_retries(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if getattr(kwargs.get("uow"), "in_host_transaction", False):
            return use_case(*args, **kwargs)
        try:  # the first attempt, alone, because a retrying object costs 80 microseconds
            return use_case(*args, **kwargs)
        except _CONTENTION:
            time.sleep(random.uniform(*_WAIT))  # noqa: S311 - no secret
        retrying = Retrying(
            retry=retry_if_exception_type(_CONTENTION),
            stop=stop_after_attempt(MAX_ATTEMPTS - 1),
            wait=wait_random(*_WAIT),
            reraise=True,
        )
        return retrying(use_case, *args, **kwargs)

    return with_retries
