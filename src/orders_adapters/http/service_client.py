"""HTTP client for partner services: retries transient failures and validates every response."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay, wait_fixed

from orders_adapters.circuit_breaker import CircuitBreaker, CircuitOpen
from orders_adapters.http import transport
from orders_adapters.http.bulkhead import BulkheadFull
from orders_adapters.http.transport import Response
from orders_domain.errors import (
    InvalidServiceResponse,
    InvalidValue,
    ServiceInternalError,
    ServiceRejected,
    ServiceTimeout,
    ServiceUnreachable,
)

CALL_SECONDS = 3.0  # for all attempts of a request
MAX_ATTEMPTS = 3
RETRY_DELAY = 0.1  # seconds between two attempts
REJECTIONS = frozenset({400, 404, 409, 410, 422})
"""Statuses of a request that the service has understood and rejected."""
RETRYABLE = frozenset({408, 425, 429})
"""Statuses, in addition to 500 and above, after which a retry may succeed."""

RESET_TIMEOUT = 5.0  # seconds between two trials of a service that does not respond
_RESPONSES = (ServiceInternalError, InvalidServiceResponse, ServiceRejected)  # the service responds
_PARSE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError, InvalidValue)
_Read = TypeVar("_Read")


class ServiceClient:
    """Client of one service. ``name`` is used in error messages.

    After three requests that got no response, further ones fail at once for five seconds. A request that finds no
    place in the ``bulkhead`` fails at once, so that a slow service does not occupy every thread of the process.
    ``headers`` are sent with every request, such as the credentials.

    Raises:
        ValueError: the address is invalid.
    """

    def __init__(
        self,
        address: str,
        *,
        name: str,
        bulkhead: AbstractContextManager[object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._headers = {"User-Agent": "orders", **(headers or {})}
        self._address = transport.read_address(address)
        self._name = name
        self._bulkhead = bulkhead or nullcontext()
        self._circuit = CircuitBreaker(exclude=_RESPONSES, reset_timeout=RESET_TIMEOUT)

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        until: float = math.inf,
        also: frozenset[int] = frozenset(),
    ) -> Response:
        """Return the response: a success, or a status of REJECTIONS or ``also``. No redirect is followed.

        Failed attempts are retried for 3 s, but not beyond ``until`` on the monotonic clock. ``key`` is the
        Idempotency-Key, under which a retry has no second effect.

        Raises:
            ServiceUnreachable, ServiceTimeout, ServiceInternalError, InvalidServiceResponse.
        """
        until = min(until, time.monotonic() + CALL_SECONDS)
        content = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **self._headers}
        headers |= {} if content is None else {"Content-Type": "application/json"}
        headers |= {} if key is None else {"Idempotency-Key": key}
        retrying = Retrying(
            retry=retry_if_exception_type((ServiceUnreachable, ServiceInternalError)),
            stop=stop_after_attempt(MAX_ATTEMPTS) | stop_before_delay(until - time.monotonic()),
            wait=wait_fixed(RETRY_DELAY),
            reraise=True,
        )
        try:
            with self._bulkhead:
                call = partial(retrying, self._try, method, path, content, headers, until=until, also=also)
                response: Response = self._circuit.call(call)
                return response
        except CircuitOpen as error:
            raise ServiceUnreachable(self._name, "did not respond to recent requests") from error
        except BulkheadFull as error:
            raise ServiceUnreachable(self._name, "is waited for by too many requests") from error

    def ping(self) -> None:
        """Check that an HTTP server responds at the address, with any status.

        Raises:
            ServiceUnreachable, ServiceTimeout, InvalidServiceResponse.
        """
        self._call("HEAD", "/", None, self._headers, until=time.monotonic() + CALL_SECONDS)

    def parse(self, response: Response, read: Callable[[Any], _Read]) -> _Read:
        """Parse the JSON of the response with ``read``, and return its result.

        Raises:
            InvalidServiceResponse: the body is not JSON, or ``read`` does not accept it.
        """
        try:
            return read(json.loads(response.body))
        except _PARSE_ERRORS as error:
            raise self.invalid_response(response) from error

    def ensure_deleted(self, response: Response) -> None:
        """Check that the resource was deleted or does not exist.

        Raises:
            ServiceRejected, InvalidServiceResponse: the resource may still exist.
        """
        if response.status >= 300 and response.status not in (404, 410):
            raise self.rejection(response)
        if 200 <= response.status < 300 and response.body:
            self.parse(response, lambda body: body)

    def invalid_response(self, response: Response) -> InvalidServiceResponse:
        return InvalidServiceResponse(self._name, f"returned an invalid response with status {response.status}")

    def rejection(self, response: Response) -> ServiceRejected:
        return ServiceRejected(self._name, f"rejected the request with status {response.status}")

    def _try(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        until: float,
        also: frozenset[int],
    ) -> Response:
        response = self._call(method, path, body, headers, until=until)
        if response.status in also:
            return response
        if response.status >= 500 or response.status in RETRYABLE:
            raise ServiceInternalError(self._name, f"returned status {response.status}")
        if not 200 <= response.status < 300 and response.status not in REJECTIONS:
            raise InvalidServiceResponse(self._name, f"returned the unexpected status {response.status}")
        return response

    def _call(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, until: float
    ) -> Response:
        try:
            return transport.send(self._address, method, path, body=body, headers=headers, until=until)
        except transport.ConnectionFailed as error:
            raise ServiceUnreachable(self._name, f"cannot be reached: {error}") from error
        except transport.Timeout as error:
            raise ServiceTimeout(self._name, "did not respond in time") from error
        except transport.ProtocolError as error:
            raise InvalidServiceResponse(self._name, f"returned an invalid HTTP response: {error}") from error


def integer(value: Any) -> int:
    """Return a JSON integer.

    Raises:
        TypeError: the value is not an integer; true and 1.0 are not.
    """
    if type(value) is not int:
        raise TypeError("the value must be a whole number")
    return value
