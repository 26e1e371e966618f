"""Asking another service: again where that may help, and without believing what it says."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay, wait_fixed

from orders_adapters.http import transport as calls
from orders_adapters.http.transport import Response
from orders_domain.errors import (
    InvalidServiceResponse,
    InvalidValue,
    ServiceInternalError,
    ServiceRejected,
    ServiceTimeout,
    ServiceUnreachable,
)

CALL_SECONDS = 3.0  # for all tries together
MAX_ATTEMPTS = 3
RETRY_DELAY = 0.1  # seconds between two tries
REJECTIONS = frozenset({400, 404, 409, 410, 422})
"""What a service says that has understood, and will not."""
RETRYABLE = frozenset({408, 425, 429})
"""What a service says, beside 500 and above, that may succeed later."""

_FLAWS = (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError, InvalidValue)
_Read = TypeVar("_Read")


class ServiceClient:
    """Another service; its name is for sentences about it.

    Raises:
        ValueError: the address is no address.
    """

    def __init__(self, address: str, *, name: str) -> None:
        self._address = calls.read_address(address)
        self._name = name

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        until: float = math.inf,
    ) -> Response:
        """Return the answer: a success, or one of REFUSALS. No redirect is followed.

        What broke is tried again while there is time, 3 s and not beyond ``until`` on the monotonic clock; under
        ``key``, the Idempotency-Key, that does nothing twice.

        Raises:
            ServiceUnreachable, ServiceTimeout, ServiceInternalError, InvalidServiceResponse.
        """
        until = min(until, time.monotonic() + CALL_SECONDS)
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "orders"}
        headers |= {} if sent is None else {"Content-Type": "application/json"}
        headers |= {} if key is None else {"Idempotency-Key": key}
        tries = Retrying(
            retry=retry_if_exception_type((ServiceUnreachable, ServiceInternalError)),
            stop=stop_after_attempt(MAX_ATTEMPTS) | stop_before_delay(until - time.monotonic()),
            wait=wait_fixed(RETRY_DELAY),
            reraise=True,
        )
        return tries(self._try, method, path, sent, headers, until=until)

    def ping(self) -> None:
        """Return if anything that speaks HTTP answers there; what it answers is its own affair.

        Raises:
            ServiceUnreachable, ServiceTimeout, InvalidServiceResponse.
        """
        self._call("HEAD", "/", None, {"User-Agent": "orders"}, until=time.monotonic() + CALL_SECONDS)

    def parse(self, response: Response, read: Callable[[Any], _Read]) -> _Read:
        """Return what ``read`` makes of the answer's JSON.

        Raises:
            InvalidServiceResponse: it is no JSON, or not as agreed.
        """
        try:
            return read(json.loads(response.body))
        except _FLAWS as flaw:
            raise self.invalid_response(response) from flaw

    def ensure_deleted(self, response: Response) -> None:
        """Return if what was to be deleted is gone; not being there is fine.

        Raises:
            ServiceRejected, InvalidServiceResponse: it may still be there.
        """
        if response.status >= 300 and response.status not in (404, 410):
            raise self.rejection(response)
        if 200 <= response.status < 300 and response.body:
            self.parse(response, lambda told: told)

    def invalid_response(self, response: Response) -> InvalidServiceResponse:
        return InvalidServiceResponse(self._name, f"answers {response.status} and nonsense")

    def rejection(self, response: Response) -> ServiceRejected:
        return ServiceRejected(self._name, f"refuses with status {response.status}")

    def _try(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, until: float) -> Response:
        answer = self._call(method, path, body, headers, until=until)
        if answer.status >= 500 or answer.status in RETRYABLE:
            raise ServiceInternalError(self._name, f"answers {answer.status}")
        if not 200 <= answer.status < 300 and answer.status not in REJECTIONS:
            raise InvalidServiceResponse(self._name, f"answers {answer.status}, which was not agreed")
        return answer

    def _call(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, until: float
    ) -> Response:
        try:
            return calls.send(self._address, method, path, body=body, headers=headers, until=until)
        except calls.ConnectionFailed as error:
            raise ServiceUnreachable(self._name, f"cannot be reached: {error}") from error
        except calls.Timeout as error:
            raise ServiceTimeout(self._name, "does not answer in time") from error
        except calls.ProtocolError as error:
            raise InvalidServiceResponse(self._name, f"answers nonsense: {error}") from error


def integer(value: Any) -> int:
    """Return a JSON integer; true and 1.0 are none.

    Raises:
        TypeError: it is none.
    """
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value
