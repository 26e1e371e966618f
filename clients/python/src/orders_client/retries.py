"""Retries: which failures are retried, and after which pause."""

from collections.abc import Callable
from typing import Any, TypedDict

from tenacity import RetryCallState, retry_if_exception, stop_before_delay, wait_random_exponential

from orders_client.errors import ApiError, NoResponse, OrdersError, ServiceUnavailable, TooManyRequests
from orders_client.requests import Request

_backoff = wait_random_exponential(multiplier=0.1, max=5)  # a random part of it, so that clients do not come at once


class Policy(TypedDict):
    """The arguments of tenacity's `Retrying` and `AsyncRetrying`."""

    retry: retry_if_exception
    stop: stop_before_delay
    wait: Callable[[RetryCallState], float]
    reraise: bool


def policy(request: Request[Any], *, seconds: float) -> Policy:
    """Return the policy for a request: no retry ends later than the seconds after the first attempt."""
    return Policy(
        retry=retry_if_exception(lambda error: isinstance(error, OrdersError) and _is_retried(request, error)),
        stop=stop_before_delay(seconds),
        wait=_pause,
        reraise=True,
    )


def _is_retried(request: Request[Any], error: OrdersError) -> bool:
    match error:
        case NoResponse(may_be_done=False) | TooManyRequests() | ApiError(code="request_in_progress"):
            return True  # nothing was done
        case NoResponse() | ServiceUnavailable():
            return request.is_repeatable
    return False


def _pause(state: RetryCallState) -> float:
    """Return the seconds to wait: those of Retry-After, and a random part of a growing time."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, ApiError) else None
    return (asked or 0) + _backoff(state)
