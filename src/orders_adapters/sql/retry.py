"""Run a use case again when the store gave it up."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from orders_domain.errors import StaleOrder, StoreContention

MAX_ATTEMPTS = 4

_P = ParamSpec("_P")
_R = TypeVar("_R")


def retry_on_contention(use_case: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return the use case, run up to four times while it ends in StoreContention or StaleOrder.

    Whole use cases only: they load the order anew each time, which a ``with uow`` block cannot do by itself. A use
    case that does anything remote before its commit does that again, too.
    """

    @wraps(use_case)
    def repeatedly(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        tries = Retrying(
            retry=retry_if_exception_type((StoreContention, StaleOrder)),
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=wait_random(0.005, 0.05),  # chance, lest those who collided meet again
            reraise=True,
        )
        return tries(use_case, *args, **kwargs)

    return repeatedly
