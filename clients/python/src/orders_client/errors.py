"""Errors: one class for each kind of problem, with the sentence of the service and the id of the request."""

from collections.abc import Mapping
from typing import Any


class OrdersError(Exception):
    """The service did not do what was asked for."""


class ApiError(OrdersError):
    """The service answered with an error.

    Attributes:
        status: the HTTP status.
        code: the stable name of the problem, such as `insufficient_stock`.
        detail: the sentence of the service.
        request_id: the id under which the log of the service has the request.
        problem: all members of the error body, such as `shortages`.
        retry_after: the seconds that the service asks to wait, or None.
    """

    def __init__(
        self, status: int, problem: Mapping[str, Any], *, request_id: str | None, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail") or problem.get("error") or f"The service answered {status}.")
        self.request_id = request_id
        self.retry_after = retry_after
        super().__init__(f"{self.detail} ({status} {self.code}, request {request_id})")


class InvalidRequest(ApiError):
    """The request is malformed or not valid (400, 413, 415, 422); `problem` has `errors` with a pointer to each."""


class Unauthorized(ApiError):
    """The token is missing or not valid (401)."""


class Forbidden(ApiError):
    """The token does not permit this operation (403)."""


class NotFound(ApiError):
    """The order, or another thing that the request names, does not exist (404)."""


class Conflict(ApiError):
    """The present state does not allow the operation (409); `code` says why."""


class PreconditionFailed(ApiError):
    """The order has another version than the one that was sent (412); `problem` has the present `order`."""


class TooManyRequests(ApiError):
    """The service limits requests (429)."""


class Unavailable(OrdersError):
    """The service is not available, and was not until the time for retries ended."""


class ServiceUnavailable(ApiError, Unavailable):
    """The service answered that it is not available (502, 503, 504)."""


class NoResponse(Unavailable):
    """No response came.

    Attributes:
        may_be_done: whether an attempt was sent, so that the service may have done what the request asks for.
    """

    def __init__(self, text: str, *, may_be_done: bool) -> None:
        super().__init__(text)
        self.may_be_done = may_be_done


_CLASSES: Mapping[int, type[ApiError]] = {
    **dict.fromkeys((400, 413, 415, 422, 428), InvalidRequest),
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    429: TooManyRequests,
    **dict.fromkeys((502, 503, 504), ServiceUnavailable),
}


def error_of(status: int, problem: Any, headers: Mapping[str, str]) -> ApiError:
    """Return the error of a response; a body that is no JSON object has no members."""
    seconds = headers.get("Retry-After", "")
    return _CLASSES.get(status, ApiError)(
        status,
        problem if isinstance(problem, dict) else {},
        request_id=headers.get("X-Request-ID"),
        retry_after=float(seconds) if seconds.isdecimal() else None,
    )
