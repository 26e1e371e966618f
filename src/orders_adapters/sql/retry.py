"""Retry decorator for use cases that fail because of contention."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from orders_domain.errors import StaleOrder, StoreContention

MAX_ATTEMPTS = 4

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
        retrying = Retrying(
            retry=retry_if_exception_type((StoreContention, StaleOrder)),
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=wait_random(0.005, 0.05),  # random, so that the same transactions do not collide again
            reraise=True,
        )
        return retrying(use_case, *args, **kwargs)

    return with_retries
