"""Retries: which failures are retried, and after which pause."""

from collections.abc import Callable
from typing import Any, TypedDict

from tenacity import RetryCallState, retry_if_exception, stop_before_delay, wait_random_exponential

from orders_client.errors import ApiError, NoResponse, ServiceUnavailable, TooManyRequests
from orders_client.requests import Request

_backoff = wait_random_exponential(multiplier=0.1, max=5)  # a random part of it, so that clients do not come at once


class Policy(TypedDict):
    """The arguments of tenacity's `Retrying` and `AsyncRetrying`."""

    retry: retry_if_exception
    stop: stop_before_delay
    wait: Callable[[RetryCallState], float]
    reraise: bool


def policy(request: Request[Any], *, seconds: float) -> Policy:
    """Return the policy for a call: no retry begins later than the seconds after the first attempt."""
    return Policy(
        retry=retry_if_exception(_Retry(request)),
        stop=stop_before_delay(seconds),
        wait=_pause,
        reraise=True,
    )


class _Retry:
    """Says which errors of a call are retried; `may_be_done` of an error is that of all attempts until then."""

    def __init__(self, request: Request[Any]) -> None:
        self._request = request
        self._may_be_done = False

    def __call__(self, error: BaseException) -> bool:
        if isinstance(error, NoResponse):
            self._may_be_done = error.may_be_done = error.may_be_done or self._may_be_done
        elif isinstance(error, ServiceUnavailable):
            self._may_be_done = True
        match error:
            case NoResponse(may_be_done=False) | TooManyRequests() | ApiError(code="request_in_progress"):
                return True  # nothing was done
            case NoResponse() | ServiceUnavailable():
                return self._request.is_repeatable
        return False


def _pause(state: RetryCallState) -> float:
    """Return the seconds to wait: those of Retry-After, and a random part of a growing time."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, ApiError) else None
    return (asked or 0) + _backoff(state)
