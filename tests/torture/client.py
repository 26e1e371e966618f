"""HTTP client on one connection, used by one thread."""

import json
import re
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.torture.options import REQUEST_SECONDS

HOST = "127.0.0.1"
_ETAG = re.compile(r'"(\d+)"')


class NoResponse(Exception):
    """The connection ended or timed out before the response was complete."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """A complete response. `version` is the order's version, from its ETag."""

    status: int
    body: Any
    version: int | None


class Client:
    def __init__(self, port: int, *, seconds: float = REQUEST_SECONDS) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=seconds)

    def send(self, method: str, path: str, body: object = None, *, token: str = "", **headers: str) -> Response:
        """Send a request once.

        Raises:
            NoResponse: it is unknown whether the service handled the request.
        """
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            lines["Authorization"] = f"Bearer {token}"
        if body is not None:
            lines["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), lines)
            response = self._connection.getresponse()
            raw = response.read()
            parsed = json.loads(raw) if raw else None
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise NoResponse(repr(error)) from error
        etag = _ETAG.fullmatch(response.headers.get("ETag", ""))
        return Response(status=response.status, body=parsed, version=int(etag[1]) if etag else None)

    def close(self) -> None:
        self._connection.close()
